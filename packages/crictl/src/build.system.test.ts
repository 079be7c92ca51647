// The crictl that people run: files with V8's code cache beside each, built into a folder of the test's own.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serveCri } from '@berth/cri/server.ts';
import { checkout, scratchDir } from '../../../test/support/scratch.ts';

const dir = scratchDir('crictl-build');
const folder = join(dir.path, 'crictl');

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
/** Of the files that --help of ps loads, whether V8 turned their caches down; undefined when there were none. */
const rejected = () => {
  const code = `process.argv.splice(2, 1, 'ps', '--help');
    const loaded = require(process.argv[1]);
    process.on('exit', () => {
      const answers = [...loaded.values()].map(({ script }) => script.cachedDataRejected);
      console.error(JSON.stringify([...new Set(answers.map(String))]));
    });`;
  const args = [...nodeFlags(), '--eval', code, join(dir.path, 'crictl.cjs'), '-'];
  return JSON.parse(spawnSync(process.execPath, args, { encoding: 'utf8', env: {} }).stderr);
};
/** How bin/crictl starts Node.js. */
const nodeFlags = () => {
  const [, flags = ''] =
    /^ *crictl\) flags='(.+)'/m.exec(readFileSync(join(checkout, 'scripts/launch.sh'), 'utf8')) ?? [];
  assert.match(flags, /^--/);
  return flags.split(' ');
};

test('the build leaves what crictl needs and nothing else', () => {
  assert.deepEqual(readdirSync(dir.path).toSorted(), ['crictl', 'crictl.cjs']);
  const files = readdirSync(folder);
  assert.deepEqual(
    files.filter((name) => !/\.js(\.cache|\.LEGAL\.txt)?$/.test(name)),
    [],
  );
  assert.ok(files.includes('main.js.cache'));
});

test('it starts from its code cache, and as well without one or from a broken one', () => {
  const caches = readdirSync(folder).filter((name) => name.endsWith('.cache'));
  const contents = caches.map((name) => readFileSync(join(folder, name)));
  for (const [change, expected] of [
    [(cache: Buffer) => cache, 'false'],
    [(cache: Buffer) => cache.subarray(0, cache.length / 2), 'true'],
    [() => Buffer.from('nothing that V8 knows'), 'true'],
    [undefined, 'undefined'],
  ] as const) {
    for (const [index, name] of caches.entries()) {
      const cache = contents[index];
      if (change === undefined || cache === undefined) rmSync(join(folder, name));
      else writeFileSync(join(folder, name), change(cache));
    }
    assert.deepEqual(rejected(), [expected]);
    const { status, stdout, stderr } = run('ps', '--help');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /--resolve-image-path/);
  }
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
