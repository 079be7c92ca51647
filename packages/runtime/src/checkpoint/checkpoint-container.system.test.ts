import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LayerExtractor } from '@berth/oci/layers/extractor.ts';
import { TarReader } from '@berth/oci/tar/reader.ts';
import { whyNoCriu } from '@berth/test-support/criu.ts';
import { cgroupfsNaming } from '../cgroups/naming.ts';
import { failsWith, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
const searchPath = process.env.PATH;
before(async () => {
  node = await TestNode.start('rt-checkpoint', undefined, 'checkpoint: { restore: true }\n');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const noCriu = whyNoCriu();
const needsCriu = noCriu === undefined ? {} : { skip: noCriu };
const call = () => node.client.runtime;
const counting = [
  '/bin/sh',
  '-c',
  'echo new >/added; rm /etc/passwd; i=0; while true; do i=$((i+1)); echo $i; sleep 0.1; done',
];

function unpack(archive: string, name: string): string {
  const directory = join(node.dir, name);
  mkdirSync(directory);
  const extractor = new LayerExtractor(directory, 10_000);
  const reader = new TarReader(extractor);
  reader.push(readFileSync(archive));
  reader.finish();
  extractor.finish();
  return directory;
}

const lastLine = (log: string) =>
  Number(readFileSync(log, 'utf8').trim().split('\n').at(-1)?.split(' ').at(-1));

test('a checkpoint is an archive as CRI-O makes it, and its container goes on', needsCriu, async () => {
  const sandbox = await pods.runPod('dump', {}, 'runc');
  const containerId = await pods.startContainer(sandbox, counting);
  await until(async () => (await pods.shell(containerId, 'cat /added')) === 'new');
  const location = join(node.dir, 'one.tar');
  await call().checkpointContainer({ containerId, location, timeout: 30n });
  const dir = unpack(location, 'one');
  assert.deepEqual(readdirSync(dir).sort(), [
    'bind.mounts',
    'checkpoint',
    'config.dump',
    'deleted.files',
    'dump.log',
    'io.kubernetes.cri-o.LogPath',
    'rootfs-diff.tar',
    'spec.dump',
    'stats-dump',
    'status.dump',
  ]);
  assert.ok(existsSync(join(dir, 'checkpoint/inventory.img')));
  assert.deepEqual(JSON.parse(readFileSync(join(dir, 'deleted.files'), 'utf8')), ['etc/passwd']);
  assert.equal(readFileSync(join(unpack(join(dir, 'rootfs-diff.tar'), 'diff'), 'added'), 'utf8'), 'new\n');
  const config = JSON.parse(readFileSync(join(dir, 'config.dump'), 'utf8'));
  assert.deepEqual([config.id, config.runtime, config.restored], [containerId, 'runc', false]);
  assert.deepEqual(
    readdirSync(node.dir).filter((name) => name.includes('partial')),
    [],
  );
  assert.ok(!existsSync(join(node.config.root, 'containers', containerId, 'checkpoint')));

  const { logPath } = await pods.statusOf(containerId);
  const seen = lastLine(logPath);
  await until(() => lastLine(logPath) > seen);
  await assert.rejects(
    call().checkpointContainer({ containerId, location: '/nope/x.tar', timeout: 30n }),
    failsWith('UNKNOWN', /\/nope\/x\.tar/),
  );
  const after = lastLine(logPath);
  await until(() => lastLine(logPath) > after);
  await pods.removePod(sandbox);
});

test('a container goes on from an archive in another pod', needsCriu, async () => {
  const sandbox = await pods.runPod('first', {}, 'runc');
  const containerId = await pods.startContainer(sandbox, counting);
  const first = await pods.statusOf(containerId);
  await until(() => lastLine(first.logPath) > 5);
  const location = join(node.dir, 'restore.tar');
  await call().checkpointContainer({ containerId, location, timeout: 30n });
  await pods.removePod(sandbox);

  const other = await pods.runPod('second', {}, 'runc');
  const restored = await pods.makeContainer(other, [], { image: { image: location } });
  assert.equal((await pods.statusOf(restored)).state, 0);
  // It waits for its start also through a restart of berthd.
  await node.close();
  await node.open();
  assert.equal((await pods.statusOf(restored)).state, 0);
  await call().startContainer({ containerId: restored });
  const { state, logPath, image } = await pods.statusOf(restored);
  assert.deepEqual([state, image?.image], [1, first.image?.image]);
  await until(() => lastLine(logPath) > 10);
  const lines = readFileSync(logPath, 'utf8').trim().split('\n');
  assert.ok(lines[0]?.endsWith(' 1'), 'the log of before');
  const numbers = lines.map((line) => Number(line.split(' ').at(-1)));
  assert.ok(
    numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)),
    'goes on counting',
  );
  assert.equal(
    await pods.shell(restored, 'cat /added; ls /etc/passwd 2>/dev/null || echo gone'),
    'new\ngone',
  );
  assert.equal(await pods.shell(restored, 'hostname'), 'second');
  assert.ok(!existsSync(join(node.config.root, 'containers', restored, 'restore')));
  await call().stopContainer({ containerId: restored, timeout: 0n });
  assert.equal((await pods.statusOf(restored)).exitCode, 137);

  const never = await pods.makeContainer(other, [], {
    image: { image: location },
    metadata: { name: 'never', attempt: 0 },
  });
  await call().stopContainer({ containerId: never, timeout: 0n });
  const { reason, exitCode } = await pods.statusOf(never);
  assert.deepEqual([reason, exitCode], ['StartError', 128]);
  await pods.removePod(other);
});

test('what is no checkpoint archive is refused', needsCriu, async () => {
  const sandbox = await pods.runPod('broken', {}, 'runc');
  for (const [name, content] of [
    ['absent.tar', undefined],
    ['broken.tar', 'nonsense'.repeat(100)],
    ['empty.tar', Buffer.alloc(1024)],
  ] as const) {
    const archive = join(node.dir, name);
    if (content !== undefined) writeFileSync(archive, content);
    await assert.rejects(
      pods.makeContainer(sandbox, [], { image: { image: archive } }),
      failsWith('INVALID_ARGUMENT', /config\.image\.image: .*\.tar is not a checkpoint archive: /),
    );
  }
  await pods.removePod(sandbox);
});

test('a checkpoint that a dead berthd had begun ends: the container goes on, its archive is gone', async () => {
  const sandbox = await pods.runPod('crash', {}, 'runc');
  const containerId = await pods.startContainer(sandbox, counting);
  const { logPath } = await pods.statusOf(containerId);
  await node.close();
  // What is there in the midst of a checkpoint.
  const work = join(node.config.root, 'containers', containerId, 'checkpoint');
  mkdirSync(join(work, 'checkpoint'), { recursive: true });
  const half = join(node.dir, 'half.tar.partial');
  writeFileSync(half, 'half');
  writeFileSync(join(work, 'target'), half);
  await pauseByRuntime(containerId);
  const seen = lastLine(logPath);
  await node.open();
  await until(() => lastLine(logPath) > seen);
  assert.deepEqual([existsSync(work), existsSync(half)], [false, false]);
  await pods.removePod(sandbox);
});

async function pauseByRuntime(id: string): Promise<void> {
  const { OciRuntimes } = await import('../oci-runtime/detect.ts');
  const runtimes = new OciRuntimes({ stateDir: node.config.state, cgroupNaming: cgroupfsNaming });
  await runtimes.get('runc').run(['pause', id]);
}

test('what cannot be checkpointed says why', async () => {
  const sandbox = await pods.runPod('refused', {}, 'runc');
  const containerId = await pods.makeContainer(sandbox, counting);
  const location = join(node.dir, 'refused.tar');
  const checkpoint = (change: object = {}) =>
    call().checkpointContainer({ containerId, location, timeout: 0n, ...change });
  await assert.rejects(checkpoint(), failsWith('FAILED_PRECONDITION', /is not running: created/));
  await assert.rejects(checkpoint({ containerId: 'nope' }), failsWith('NOT_FOUND', /nope/));
  await assert.rejects(
    checkpoint({ location: 'here.tar' }),
    failsWith('INVALID_ARGUMENT', /^location: "here.tar"/),
  );
  await assert.rejects(checkpoint({ timeout: -1n }), failsWith('INVALID_ARGUMENT', /^timeout: -1/));
  await call().startContainer({ containerId });
  assert.ok(!existsSync(location));
  await pods.removePod(sandbox);
});

test('an OCI runtime that cannot checkpoint is named', async () => {
  const sandbox = await pods.runPod('crun', {}, 'crun');
  const containerId = await pods.startContainer(sandbox, counting);
  const bin = join(node.dir, 'bin');
  mkdirSync(bin);
  symlinkSync('/bin/true', join(bin, 'criu'));
  process.env.PATH = `${bin}:${searchPath}`;
  try {
    await assert.rejects(
      call().checkpointContainer({ containerId, location: join(node.dir, 'x.tar'), timeout: 0n }),
      failsWith('FAILED_PRECONDITION', /OCI runtime crun .* was built without checkpoint and restore/),
    );
  } finally {
    process.env.PATH = searchPath;
  }
  await pods.removePod(sandbox);
});
