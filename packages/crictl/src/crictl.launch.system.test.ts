// The crictl that people run, on both of its engines: the executable that the build makes by Bun, and Node.js.
import assert from 'node:assert/strict';
import { type SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ContainerState } from '@berth/cri/generated/api.ts';
import { type CriServer, serveCri } from '@berth/cri/server/server.ts';
import { crictl, engines } from '@berth/test-support/crictl.ts';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';

const dir = scratchDir('crictl-launch');
const socketPath = join(dir.path, 's.sock');
const containers = Array.from({ length: 2000 }, (_, index) => ({
  id: String(index).padStart(64, '0'),
  state: ContainerState.CONTAINER_RUNNING,
  metadata: { name: 'a' },
}));
/** The whole id of one, for which no others are asked for. */
const neverStops = '1'.repeat(64);
/** Hears that the runtime has been told to stop a container, which it never does. */
const stops = new EventEmitter();
let server: CriServer;

before(async () => {
  server = await serveCri({
    socketPath,
    runtime: {
      version: async () => ({ runtimeName: 'test' }),
      listContainers: async () => ({ containers }),
      stopContainer: (_, { signal }) => {
        stops.emit('stop');
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))));
      },
    },
    image: {},
  });
});
after(async () => {
  await server?.close();
  dir[Symbol.dispose]();
});

const programs = { bun: /\/dist\/crictl$/, node: /\/node_modules\/node-linux-\w+\/bin\/node$/ };

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Not synchronous, since the runtime is in this process. */
async function run(program: string, args: string[], options: SpawnOptions = {}): Promise<Ended> {
  const child = spawn(program, args, { timeout: 300_000, env: {}, ...options });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out = [], err = []] = await Promise.all([child.stdout?.toArray(), child.stderr?.toArray()]);
  return { code: await ended, out: out.join(''), err: err.join('') };
}

for (const engine of engines) {
  const env = { BERTH_CRICTL_ENGINE: engine };
  const onSocket = (...args: string[]) => run(crictl, ['-r', socketPath, ...args], { env });

  test(`${engine}: the launcher starts it`, { timeout: 600_000 }, async () => {
    const child = spawn(crictl, ['-r', socketPath, 'stop', neverStops], { env });
    try {
      await once(stops, 'stop');
      const [program = ''] = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0');
      assert.match(program, programs[engine]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test(`${engine}: configuration in YAML, an answer, and exit codes`, async () => {
    const yaml = join(dir.path, 'crictl.yaml');
    writeFileSync(yaml, `{ runtime-endpoint: ${socketPath} }`);
    const answer = await run(crictl, ['-c', yaml, 'version'], { env });
    assert.deepEqual([answer.code, answer.err], [0, '']);
    assert.match(answer.out, /^RuntimeName: {2}test$/m);
    const lost = await run(crictl, ['-r', '/nope', 'ps'], { env });
    assert.deepEqual([lost.code, lost.out], [1, '']);
    assert.match(lost.err, /dial unix \/nope: connect: no such file or directory/);
    assert.equal((await run(crictl, ['nonsense'], { env })).code, 3);
  });

  test(`${engine}: all that it prints arrives, and a reader that goes ends it quietly`, async () => {
    const { code, out, err } = await onSocket('ps', '-o', 'json');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(JSON.parse(out).containers.length, containers.length);
    const pipe = `${crictl} -r ${socketPath} ps -o json | { sleep 0.3; head -c 1; }; ${crictl} -r ${socketPath} ps -q | (sleep 0.3; wc -l)`;
    assert.deepEqual(await run('/bin/sh', ['-c', pipe], { env: { ...env, PATH: process.env['PATH'] } }), {
      code: 0,
      out: `{${containers.length}\n`,
      err: '',
    });
    const perl = `perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK) or die; exec @ARGV'`;
    const impatient = `${perl} ${crictl} -r ${socketPath} ps -o json | { sleep 0.3; cat; }`;
    const late = await run('/bin/sh', ['-c', impatient], { env: { ...env, PATH: process.env['PATH'] } });
    assert.deepEqual([late.out === out, late.err], [true, '']);
    const full = await run('/bin/sh', ['-c', `${crictl} -r ${socketPath} ps >/dev/full`], { env });
    assert.equal(full.code, 1);
  });

  test(`${engine}: a signal cancels what is under way`, { timeout: 600_000 }, async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = spawn(crictl, ['-r', socketPath, '-t', '20s', 'stop', neverStops], { env });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      await once(stops, 'stop');
      child.kill(signal);
      const err = (await child.stderr.toArray()).join('');
      assert.equal(await ended, 1, err);
      assert.match(err, /interrupted: context canceled/);
    }
  });
}

test('files in the current folder do not change what it does', async () => {
  const folder = join(dir.path, 'folder');
  mkdirSync(folder);
  const trap = join(folder, 'was-here');
  writeFileSync(join(folder, '.env'), 'CONTAINER_RUNTIME_ENDPOINT=/of-dotenv\n');
  writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./preload.js"]\n');
  writeFileSync(join(folder, 'preload.js'), `require('node:fs').writeFileSync(${JSON.stringify(trap)}, '')`);
  writeFileSync(join(folder, 'package.json'), '{ "type": "nonsense" }');
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "./nowhere" }');
  const config = ['-c', join(dir.path, 'empty.yaml'), '--debug'];
  writeFileSync(join(dir.path, 'empty.yaml'), `runtime-endpoint: ${socketPath}\n`);
  const { code, out, err } = await run(crictl, [...config, 'version'], { cwd: folder });
  assert.equal(code, 0, err);
  assert.match(out, /test/);
  assert.ok(!existsSync(trap));
});

test('without an executable it runs on Node.js, unless Bun was asked for; other engines are refused', async () => {
  const root = join(dir.path, 'checkout');
  for (const folder of ['bin', 'scripts', 'dist']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['bin/crictl', 'scripts/launch.sh'])
    copyFileSync(join(checkout, file), join(root, file));
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  for (const name of readdirSync(join(checkout, 'dist'))) {
    if (name !== 'crictl') symlinkSync(join(checkout, 'dist', name), join(root, 'dist', name));
  }
  const program = join(root, 'bin/crictl');
  const without = await run(program, ['-r', socketPath, 'version']);
  assert.match(without.out, /^RuntimeName: {2}test$/m, without.err);
  const asked = await run(program, ['version'], { env: { BERTH_CRICTL_ENGINE: 'bun' } });
  assert.equal(asked.code, 127);
  assert.match(asked.err, /dist\/crictl: not found/);
  const unknown = await run(crictl, ['version'], { env: { BERTH_CRICTL_ENGINE: 'deno' } });
  assert.deepEqual(
    [unknown.code, unknown.err],
    [1, 'crictl: BERTH_CRICTL_ENGINE is bun or node, not deno\n'],
  );
});
