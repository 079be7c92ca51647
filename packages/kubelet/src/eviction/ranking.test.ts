import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { Instant } from '../stats/instant.ts';
import type { FsStats, PodStats } from '../stats/stats-api.ts';
import { testPod } from '../testing/pod.ts';
import { rankedPods } from './ranking.ts';
import { reclaimFor } from './reclaim.ts';
import type { Signal } from './thresholds/signals.ts';

const time = new Instant(0n);
const fs = (usedBytes: bigint, inodesUsed = usedBytes): FsStats => ({ time, usedBytes, inodesUsed });

interface Made {
  requests?: Record<string, string>;
  priority?: number;
  memory?: bigint;
  layer?: bigint;
  logs?: bigint;
  volume?: bigint;
  processes?: number;
}

const pods = new Map<string, { pod: Pod; stats: PodStats }>();
function made(
  name: string,
  { requests = {}, priority, memory = 0n, layer = 0n, logs = 0n, volume = 0n, processes = 0 }: Made,
) {
  const pod = testPod(
    {
      containers: [{ name: 'c', resources: { requests } }],
      volumes: [{ name: 'v', emptyDir: {} }],
      ...(priority !== undefined && { priority }),
    },
    { name, uid: name },
  );
  const stats: PodStats = {
    podRef: { name, namespace: 'default', uid: name },
    startTime: time,
    memory: { time, workingSetBytes: memory },
    containers: [{ name: 'c', startTime: time, rootfs: fs(layer), logs: fs(logs) }],
    volume: [{ name: 'v', ...fs(volume) }],
    process_stats: { process_count: processes },
  };
  pods.set(name, { pod, stats });
}

made('idle', {});
made('within', { requests: { memory: '100' }, memory: 90n });
made('beyond', { requests: { memory: '10' }, memory: 50n });
made('far-beyond', { requests: { memory: '10' }, memory: 70n });
made('urgent', { memory: 500n, priority: 10 });
made('big-layer', { layer: 100n, logs: 1n });
made('big-logs', { logs: 90n });
made('big-volume', { volume: 80n, requests: { 'ephemeral-storage': '60' } });
made('small-request', { volume: 70n, requests: { 'ephemeral-storage': '80' } });
made('many', { processes: 50 });
made('few', { processes: 2 });
made('urgent-many', { processes: 500, priority: 10 });

const [one, split, apart] = [
  { hasImageFs: false, hasContainerFs: false },
  { hasImageFs: true, hasContainerFs: false },
  { hasImageFs: true, hasContainerFs: true },
];
const cases: [signal: Signal, layout: typeof one, names: string, order: string][] = [
  ['memory.available', one, 'idle within urgent beyond far-beyond', 'far-beyond beyond urgent idle within'],
  ['allocatableMemory.available', one, 'within beyond', 'beyond within'],
  ['pid.available', one, 'urgent-many few many', 'many few urgent-many'],
  // Beyond the request: 100, 90, 20; within it: 70 of 80.
  [
    'nodefs.available',
    one,
    'small-request big-volume big-logs big-layer',
    'big-layer big-logs big-volume small-request',
  ],
  ['nodefs.available', split, 'big-layer big-volume big-logs', 'big-logs big-volume big-layer'],
  ['imagefs.available', split, 'big-logs big-layer', 'big-layer big-logs'],
  ['containerfs.available', split, 'big-logs big-layer', 'big-layer big-logs'],
  ['containerfs.inodesFree', apart, 'big-volume big-layer', 'big-layer big-volume'],
];
for (const [signal, layout, names, order] of cases) {
  test(`${signal} with ${JSON.stringify(layout)}: ${order}`, () => {
    const wanted = names.split(' ').flatMap((name) => pods.get(name) ?? []);
    const usage = new Map(wanted.map(({ pod, stats }) => [pod.metadata.uid, stats]));
    const ranked = rankedPods(
      wanted.map(({ pod }) => pod),
      signal,
      { usage, layout },
    );
    assert.equal(ranked.map(({ metadata }) => metadata.name).join(' '), order);
  });
}

test('a pod of which nothing is known goes first', () => {
  const [beyond, idle] = [pods.get('beyond'), pods.get('idle')];
  assert.ok(beyond && idle);
  const usage = new Map([['beyond', beyond.stats]]);
  const ranked = rankedPods([beyond.pod, idle.pod], 'memory.available', { usage, layout: one });
  assert.equal(ranked[0]?.metadata.name, 'idle');
});

test('the node gives back what is on the file system of the signal', () => {
  assert.deepEqual(reclaimFor('nodefs.available', one), ['containers', 'images']);
  assert.deepEqual(reclaimFor('nodefs.available', split), []);
  assert.deepEqual(reclaimFor('imagefs.inodesFree', split), ['containers', 'images']);
  assert.deepEqual(reclaimFor('nodefs.available', apart), ['containers']);
  assert.deepEqual(reclaimFor('imagefs.available', apart), ['images']);
  assert.deepEqual(reclaimFor('memory.available', one), []);
});
