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
    }),
    ['PATH=/app', 'TERM=xterm', 'HOSTNAME=pod', 'A=request', 'B=image', 'EMPTY=', 'EQ=a=b'],
  );
  const plain = processEnv({ image: {}, envs: [], hostname: '', terminal: false });
  assert.deepEqual(plain, ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
});

test('an environment that cannot be is refused by field', () => {
  const env = (key: string, value: Uint8Array) => () =>
    processEnv({ image: {}, envs: [{ key, value }], hostname: '', terminal: false });
  assert.throws(env('', bytes('x')), /config.envs\[0\].key/);
  assert.throws(env('A=B', bytes('x')), /config.envs\[0\].key/);
  assert.throws(env('A', bytes('x\0')), /config.envs\[0\].value.*NUL/);
  assert.throws(env('A', new Uint8Array([0xff])), /config.envs\[0\].value: is not valid UTF-8/);
});

test('the working directory', () => {
  assert.equal(processCwd({ workingDir: '/a' }, { WorkingDir: '/b' }), '/a');
  assert.equal(processCwd({ workingDir: '' }, { WorkingDir: '/b' }), '/b');
  assert.equal(processCwd({ workingDir: '' }, { WorkingDir: 'b' }), '/b');
  assert.equal(processCwd({ workingDir: '' }, {}), '/');
  assert.throws(
    () => processCwd({ workingDir: 'rel' }, {}),
    /config.working_dir: "rel" is not an absolute path/,
  );
});
