// The real crictl v1.36.0 drives the life of pods and containers on berthd.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { type RealCrictl, startRealCrictl } from '@berth/test-support/real-crictl.ts';

let crictl: RealCrictl;
before(async () => {
  crictl = await startRealCrictl({ name: 'rcpods' });
});
after(() => crictl[Symbol.asyncDispose]());

const wait = ['sh', '-c', 'echo up; echo oops >&2; trap "exit 3" TERM; while true; do sleep 0.1; done'];
const read = async (command: string, ...args: string[]) =>
  new JsonCursor(await crictl.json(command, ...args), `${command} ${args.join(' ')}`);

test('runp, create, start, pods, ps, inspect, inspectp, logs, exec -s, stop, rm, stopp, rmp', async () => {
  const podConfig = crictl.podFile('life', { labels: { app: 'life' }, hostname: 'lifehost' });
  const pod = await crictl.ok('runp', podConfig);
  assert.match(pod, /^[0-9a-f]{64}$/);
  const config = crictl.containerFile('main', wait, {
    labels: { part: 'main' },
    envs: [{ key: 'A', value: 'b' }],
  });
  const container = await crictl.ok('create', pod, config, podConfig);
  assert.match(container, /^[0-9a-f]{64}$/);
  assert.match(await crictl.ok('ps', '-a', '--state', 'created'), /Created\s+main/);
  assert.equal(await crictl.ok('start', container), container);

  assert.match(await crictl.ok('pods'), new RegExp(`^${pod.slice(0, 13)}.*Ready\\s+life\\s+default`, 'm'));
  assert.equal(await crictl.ok('pods', '-q', '--no-trunc', '--label', 'app=life'), pod);
  assert.equal(await crictl.ok('pods', '-q', '--label', 'app=other'), '');
  const row = await crictl.ok('ps');
  assert.match(
    row,
    new RegExp(`^${container.slice(0, 13)}.*Running\\s+main\\s+0\\s+${pod.slice(0, 13)}`, 'm'),
  );
  assert.equal(await crictl.ok('ps', '-q', '--no-trunc', '--pod', pod, '--label', 'part=main'), container);

  const status = (await read('inspect', container)).field('status');
  assert.equal(status.field('state').string(), 'CONTAINER_RUNNING');
  assert.equal(status.field('image').field('userSpecifiedImage').string(), testImage);
  const network = (await read('inspectp', pod)).field('status').field('network');
  assert.ok(crictl.node.network.has(network.field('ip').string()));

  assert.equal(await crictl.ok('exec', '-s', container, 'sh', '-c', 'echo $A $(hostname)'), 'b lifehost');
  const failed = await crictl.run('exec', '-s', container, 'sh', '-c', 'exit 7');
  assert.match(failed.err, /exited with 7/);
  const slow = await crictl.run('exec', '-s', '--timeout', '1', container, 'sleep', '20');
  assert.match(slow.err, /DeadlineExceeded|timed out/i);

  const { out, err } = await crictl.run('logs', container);
  assert.deepEqual([out, err.trim()], ['up\n', 'oops']);
  assert.match(
    await crictl.ok('logs', '--timestamps', '--tail', '1', container),
    /^$|^\d{4}-\d\d-\d\dT.* up$/,
  );

  assert.equal(await crictl.ok('stop', '--timeout', '20', container), container);
  const ended = (await read('inspect', container)).field('status');
  assert.equal(ended.field('state').string(), 'CONTAINER_EXITED');
  assert.equal(ended.field('exitCode').count(), 3);
  assert.equal(await crictl.ok('ps', '-q'), '');
  assert.match(await crictl.ok('ps', '-a'), /Exited\s+main/);

  assert.equal(await crictl.ok('rm', container), container);
  assert.equal(await crictl.ok('ps', '-aq'), '');
  assert.equal(await crictl.ok('stopp', pod), `Stopped sandbox ${pod}`);
  assert.equal(await crictl.ok('pods', '-q', '--no-trunc', '--state', 'NotReady'), pod);
  assert.equal(await crictl.ok('rmp', pod), `Removed sandbox ${pod}`);
  assert.deepEqual(await crictl.node.leftovers(), []);
});

test('run makes a pod with a container, and rmp --force takes both away while they run', async () => {
  const container = await crictl.ok(
    'run',
    '--no-pull',
    crictl.containerFile('quick', wait),
    crictl.podFile('quick'),
  );
  assert.equal(await crictl.ok('ps', '-q', '--no-trunc', '--name', 'quick'), container);
  await crictl.ok('rmp', '--all', '--force');
  assert.equal(await crictl.ok('pods', '-q'), '');
  assert.deepEqual(await crictl.node.leftovers(), []);
});

test('rm --force removes a running container', async () => {
  const { pod, container } = await crictl.pod('forced', wait);
  await crictl.ok('rm', '--force', container);
  assert.equal(await crictl.ok('ps', '-aq', '--pod', pod), '');
  await crictl.ok('rmp', '-f', pod);
});

test('update changes the limits of a running container', async () => {
  const { pod, container } = await crictl.pod('grows', wait, {
    linux: { resources: { memory_limit_in_bytes: 64 * 1024 ** 2 } },
  });
  const limit = 96 * 1024 ** 2;
  assert.equal(await crictl.ok('update', '--memory', `${limit}`, '--cpu-share', '512', container), container);
  const linux = (await read('inspect', container)).field('status').field('resources').field('linux');
  assert.equal(linux.field('memoryLimitInBytes').string(), `${limit}`);
  assert.equal(linux.field('cpuShares').string(), '512');
  const pid = (await read('inspect', container)).field('info').field('pid').count();
  assert.equal(memoryLimit(pid), limit);
  await crictl.ok('rmp', '-f', pod);
});

test('stats and statsp show what containers and pods use', async () => {
  const { pod, container } = await crictl.pod('busy', ['sh', '-c', 'while true; do :; done']);
  const [stats] = (await read('stats', '--id', container)).field('stats').array();
  assert.equal(stats?.field('attributes').field('id').string(), container);
  assert.ok(Number(stats?.field('cpu').field('usageCoreNanoSeconds').field('value').string()) > 0);
  assert.ok(Number(stats?.field('memory').field('workingSetBytes').field('value').string()) > 0);
  const [, row = ''] = (await crictl.ok('stats')).split('\n');
  const [id = '', name, cpu] = row.split(/\s+/);
  assert.deepEqual([container.startsWith(id), name], [true, 'busy']);
  assert.ok(Number(cpu) > 1, row);
  // Two answers that follow each other at once are of two readings, or crictl fails.
  for (let time = 0; time < 5; time++) assert.match(await crictl.ok('stats', '-s', '0'), /busy/);
  const [podStats] = (await read('statsp', '--id', pod)).field('stats').array();
  assert.equal(podStats?.field('attributes').field('id').string(), pod);
  const linux = podStats?.field('linux');
  assert.equal(linux?.field('network').field('defaultInterface').field('name').string(), 'eth0');
  assert.equal(linux?.field('containers').array().length, 1);
  assert.match(await crictl.ok('statsp'), new RegExp(`busy\\s+${pod.slice(0, 13)}`));
  await crictl.ok('rmp', '-f', pod);
});

/** Bytes that the cgroup of a process may have, cgroup v1 or v2. */
function memoryLimit(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const v1 = lines.find((line) => line.includes(':memory:'))?.split(':')[2];
  const v2 = lines.find((line) => line.startsWith('0::'))?.slice(3) ?? '';
  const file = v1
    ? join('/sys/fs/cgroup/memory', v1, 'memory.limit_in_bytes')
    : join('/sys/fs/cgroup', v2, 'memory.max');
  return Number(readFileSync(file, 'utf8'));
}
