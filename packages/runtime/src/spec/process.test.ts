import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processArgs, processCwd, processEnv } from './process.ts';

test('command and args against the image', () => {
  const image = { Entrypoint: ['/entry'], Cmd: ['serve'] };
  const table: [string[], string[], object, string[]][] = [
    [[], [], image, ['/entry', 'serve']],
    [[], ['x'], image, ['/entry', 'x']],
    [['sh'], [], image, ['sh']],
    [['sh'], ['-c', 'x'], image, ['sh', '-c', 'x']],
    [[], [], { Cmd: ['serve'] }, ['serve']],
    [[], [], { Entrypoint: [''], Cmd: ['serve'] }, ['serve']],
    [[], ['x'], {}, ['x']],
  ];
  for (const [command, args, from, expected] of table) {
    assert.deepEqual(processArgs({ command, args }, from), expected, JSON.stringify({ command, args, from }));
  }
  assert.throws(() => processArgs({ command: [], args: [] }, {}), /config.command: no command specified/);
  assert.throws(
    () => processArgs({ command: ['a\0b'], args: [] }, {}),
    /config.command\[0\]: contains a NUL/,
  );
});

const bytes = (text: string) => new TextEncoder().encode(text);

test('the environment', () => {
  assert.deepEqual(
    processEnv({
      image: { Env: ['PATH=/app', 'A=image', 'B=image', 'broken'] },
      envs: [
        { key: 'A', value: bytes('request') },
        { key: 'EMPTY', value: bytes('') },
        { key: 'EQ', value: bytes('a=b') },
      ],
      hostname: 'pod',
      terminal: true,
      warn: assert.fail,
    }),
    ['PATH=/app', 'TERM=xterm', 'HOSTNAME=pod', 'A=request', 'B=image', 'EMPTY=', 'EQ=a=b'],
  );
  const plain = processEnv({ image: {}, envs: [], hostname: '', terminal: false, warn: assert.fail });
  assert.deepEqual(plain, ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
});

test('an environment that cannot be is refused by field', () => {
  const env = (key: string, value: Uint8Array) => () =>
    processEnv({ image: {}, envs: [{ key, value }], hostname: '', terminal: false, warn: assert.fail });
  assert.throws(env('', bytes('x')), /config.envs\[0\].key/);
  assert.throws(env('=B', bytes('x')), /config.envs\[0\].key/);
  assert.throws(env('A', bytes('x\0')), /config.envs\[0\].value.*NUL/);
});

test('an environment as containerd takes it', () => {
  const warnings: string[] = [];
  const env = processEnv({
    image: { Env: ['GONE=1', 'GONE', 'PATH'] },
    envs: [
      { key: 'A=B', value: bytes('c=d') },
      { key: 'RAW', value: new Uint8Array([0x61, 0xff, 0x62]) },
    ],
    hostname: '',
    terminal: false,
    warn: (field, problem) => warnings.push(`${field}: ${problem}`),
  });
  assert.deepEqual(env, ['A=B=c=d', 'RAW=a\ufffdb']);
  assert.deepEqual(warnings, [
    'config.envs[1].value: bytes that are not UTF-8 are replaced: config.json cannot have them',
  ]);
});

test('the working directory', () => {
  const warnings: string[] = [];
  const cwd = (workingDir: string, WorkingDir?: string) =>
    processCwd({ workingDir }, WorkingDir === undefined ? {} : { WorkingDir }, (field, problem) =>
      warnings.push(`${field}: ${problem}`),
    );
  assert.equal(cwd('/a', '/b'), '/a');
  assert.equal(cwd('', '/b'), '/b');
  assert.equal(cwd('', 'b'), '/b');
  assert.equal(cwd(''), '/');
  assert.deepEqual(warnings, []);
  assert.equal(cwd('rel/../x', '/b'), '/x');
  assert.match(warnings.join(), /^config\.working_dir: "rel\/\.\.\/x" is relative/);
});
