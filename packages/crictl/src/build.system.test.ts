// The crictl that people run: one script with V8's code cache beside it, built into a folder of the test's own.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serveCri } from '@berth/cri/server.ts';
import { checkout, scratchDir } from '../../../test/support/scratch.ts';

const dir = scratchDir('crictl-build');
const codeCache = join(dir.path, 'crictl.code-cache');

before(() => {
  const build = `await (await import(process.argv[1])).buildCrictl(process.argv[2])`;
  const script = join(checkout, 'packages/crictl/scripts/build.mjs');
  const args = ['--input-type=module', '--eval', build, script, dir.path];
  // In the checkout, because it is there that node finds the packages.
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
after(() => dir[Symbol.dispose]());

const run = (...args: string[]) => {
  const crictl = join(dir.path, 'crictl.cjs');
  return spawnSync(process.execPath, [crictl, ...args], { encoding: 'utf8', env: {} });
};
/** Whether V8 turned the cache down; undefined when there was none. */
const rejected = () => {
  const code = `process.argv[2] = '--version'; console.log(require(process.argv[1]).cachedDataRejected)`;
  const args = ['--eval', code, join(dir.path, 'crictl.cjs')];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: {} }).stdout.split('\n')[1];
};

test('the build leaves what crictl needs and nothing else', () => {
  assert.deepEqual(readdirSync(dir.path).toSorted(), ['crictl.cjs', 'crictl.code-cache', 'crictl.main.cjs']);
});

test('it starts from its code cache, and as well without one or from a broken one', () => {
  const cache = readFileSync(codeCache);
  for (const [content, expected] of [
    [cache, 'false'],
    [cache.subarray(0, cache.length / 2), 'true'],
    [Buffer.from('nothing that V8 knows'), 'true'],
    [undefined, 'undefined'],
  ] as const) {
    if (content === undefined) rmSync(codeCache);
    else writeFileSync(codeCache, content);
    assert.equal(rejected(), expected);
    const { status, stdout, stderr } = run('ps', '--help');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /--resolve-image-path/);
  }
  writeFileSync(codeCache, cache);
});

test('it speaks to a runtime, loads the commands behind it, and sets the exit code', async () => {
  const socketPath = join(dir.path, 's.sock');
  const yaml = join(dir.path, 'crictl.yaml');
  writeFileSync(yaml, `{ runtime-endpoint: ${socketPath} }`);
  const server = await serveCri({
    socketPath,
    runtime: { version: async () => ({ runtimeName: 'test' }) },
    image: {},
  });
  try {
    const child = spawn(process.execPath, [join(dir.path, 'crictl.cjs'), '-c', yaml, 'version']);
    const out = (await child.stdout.toArray()).join('');
    assert.match(out, /^RuntimeName: {2}test$/m, 'the YAML parser and the command are in the bundle');
  } finally {
    await server.close();
  }
  const { status, stderr } = run('-r', '/nope', 'ps');
  assert.equal(status, 1);
  assert.match(stderr, /dial unix \/nope: connect: no such file or directory/);
});
