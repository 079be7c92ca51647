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
  await assert.rejects(
    parseCrictlYaml('timeout: soon'),
    /parsing config option 'timeout': strconv.Atoi: parsing "soon": invalid syntax/,
  );
  await assert.rejects(parseCrictlYaml('- a\n- b'), /Config option 'a' is not valid/);
  assert.throws(() => withOption(emptyConfig, 'debug', 'maybe'), /parse debug value 'maybe'/);
  assert.throws(() => withOption(emptyConfig, 'nope', '1'), /no configuration option named nope/);
});

test('a configuration file that was asked for is told of, the default one is not', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crictl-config-'));
  const warnings: string[] = [];
  const logger = { warning: (message: string) => void warnings.push(message) };
  const settings = (argv: string[], env = {}) =>
    loadSettings(parseFlags(globalFlags, argv, { interspersed: false, env }), logger);
  const named = (name: string) => settings(['-c', join(dir, name)]);
  try {
    writeFileSync(join(dir, 'broken.yaml'), '{ a\n');
    writeFileSync(join(dir, 'typo.yaml'), 'runtime-endpont: x\n');
    await assert.rejects(named('broken.yaml'), /^Error: load config file: yaml: Flow map .* column 1$/);
    await assert.rejects(
      named('typo.yaml'),
      /^Error: load config file: Config option 'runtime-endpont' is not valid$/,
    );
    await assert.rejects(named('.'), /^Error: load config file: read \S+: is a directory$/);
    assert.deepEqual(warnings, []);
    const missing = /^Error: load config file: stat \S+crictl\.yaml: no such file or directory$/;
    await assert.rejects(named('none.yaml'), missing);
    await assert.rejects(settings([], { CRI_CONFIG_FILE: '' }), missing);
    assert.equal(warnings.length, 2);
    assert.match(
      warnings[0] ?? '',
      /^Config "\S+none\.yaml" does not exist, trying next: "\S+crictl\.yaml"$/,
    );
    assert.equal((await settings([])).timeoutMs, 2000);
    assert.equal(warnings.length, 2);
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
  assert.equal(settings(['-r', '']).runtimeEndpoint, '');
});
