import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFlags } from '../cli/flags.ts';
import { emptyConfig, parseCrictlYaml, withOption, writeCrictlYaml } from './crictl-yaml.ts';
import { globalFlags, loadSettings, resolveSettings } from './settings.ts';

test('crictl.yaml is read, plain or not', async () => {
  const expected = { ...emptyConfig, 'runtime-endpoint': 'unix:///run/x.sock', timeout: 10, debug: true };
  const cases = [
    'runtime-endpoint: unix:///run/x.sock\ntimeout: 10\ndebug: true\n',
    '# mine\nruntime-endpoint: "unix:///run/x.sock"  # socket\n\ntimeout: \'10\'\ndebug: true\n',
    '{ runtime-endpoint: unix:///run/x.sock, timeout: 10, debug: true }',
    '---\nruntime-endpoint: unix:///run/x.sock\ntimeout: 10\ndebug: true\n',
  ];
  for (const text of cases) assert.deepEqual(await parseCrictlYaml(text), expected, text);
  assert.deepEqual(await parseCrictlYaml(''), emptyConfig);
});

test('bad options are named', async () => {
  await assert.rejects(parseCrictlYaml('runtime-endpont: x'), /Config option 'runtime-endpont' is not valid/);
  await assert.rejects(parseCrictlYaml('timeout: soon'), /parse timeout value 'soon'/);
  await assert.rejects(parseCrictlYaml('- a'), /expected a map of options/);
  assert.throws(() => withOption(emptyConfig, 'debug', 'maybe'), /parse debug value 'maybe'/);
  assert.throws(() => withOption(emptyConfig, 'nope', '1'), /no configuration option named nope/);
});

test('what is wrong with a configuration file is one line with the file in it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crictl-config-'));
  const settings = (name: string, argv = ['-c', join(dir, name)], env = {}) =>
    loadSettings(parseFlags(globalFlags, argv, { interspersed: false, env }), { mayBeMissing: false });
  try {
    writeFileSync(join(dir, 'broken.yaml'), '{ a\n');
    writeFileSync(join(dir, 'typo.yaml'), 'runtime-endpont: x\n');
    await assert.rejects(settings('broken.yaml'), /load config file: \S+broken\.yaml: Flow map .* column 1$/);
    await assert.rejects(settings('typo.yaml'), /typo\.yaml: Config option 'runtime-endpont' is not valid$/);
    await assert.rejects(settings('none.yaml'), /none\.yaml: no such file or directory$/);
    await assert.rejects(
      settings('', [], { CRI_CONFIG_FILE: join(dir, 'none.yaml') }),
      /no such file or directory$/,
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('writing keeps comments and adds what was missing', async () => {
  const text = await writeCrictlYaml('# mine\ntimeout: 1\n', { ...emptyConfig, timeout: 5, debug: true });
  assert.match(text, /^# mine\ntimeout: 5\n/);
  assert.equal((await parseCrictlYaml(text)).debug, true);
});

test('flags win over the file, the file over defaults', () => {
  const file = { ...emptyConfig, 'runtime-endpoint': 'unix:///file.sock', timeout: 7, debug: true };
  const settings = (argv: string[], env = {}) => {
    const { values, given } = parseFlags(globalFlags, argv, { interspersed: false, env });
    return resolveSettings(values, given, file);
  };
  assert.equal(settings([]).runtimeEndpoint, 'unix:///file.sock');
  assert.equal(settings(['-r', '/flag.sock']).runtimeEndpoint, '/flag.sock');
  assert.equal(settings([], { CONTAINER_RUNTIME_ENDPOINT: '/env.sock' }).runtimeEndpoint, '/env.sock');
  assert.equal(settings([]).timeoutMs, 7000);
  assert.equal(settings(['-t', '5s']).timeoutMs, 5000);
  assert.equal(settings(['-t', '-1s']).timeoutMs, 2000);
  assert.equal(settings([]).debug, true);
  assert.equal(settings(['-D=false']).debug, false);
  assert.throws(() => settings(['-r', '']), /--runtime-endpoint is not set/);
});
