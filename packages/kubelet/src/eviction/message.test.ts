import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instant } from '../stats/instant.ts';
import type { PodStats } from '../stats/stats-api.ts';
import { testPod } from '../testing/pod.ts';
import { evictionReport } from './message.ts';
import type { Observations, Signal } from './thresholds/signals.ts';
import type { Threshold } from './thresholds/thresholds.ts';

const time = new Instant(0n);
const pod = testPod({
  containers: [
    { name: 'greedy', resources: { requests: { memory: '1Mi' } } },
    { name: 'modest', resources: { requests: { memory: '1Gi' } } },
  ],
  initContainers: [{ name: 'side' }],
});
const stats: PodStats = {
  podRef: { name: 'p', namespace: 'default', uid: 'u' },
  startTime: time,
  memory: { time, workingSetBytes: 3n * 2n ** 20n },
  containers: ['greedy', 'modest', 'side'].map((name) => ({
    name,
    startTime: time,
    memory: { time, workingSetBytes: 2n ** 21n },
    rootfs: { time, usedBytes: 4096n },
    logs: { time, usedBytes: 4096n },
  })),
};
const due: Threshold[] = [
  { signal: 'memory.available', value: { share: 0.25 }, graceMs: 0 },
  { signal: 'nodefs.inodesFree', value: { share: 0.25 }, graceMs: 0 },
];
const observations: Observations = new Map<Signal, { available: bigint; capacity: bigint }>([
  ['memory.available', { available: 2n ** 20n, capacity: 2n ** 23n }],
  ['nodefs.inodesFree', { available: 5n, capacity: 100n }],
]);

test('memory: the threshold, and the containers that use more than they request', () => {
  assert.deepEqual(evictionReport(pod, 'memory', { stats, due, observations }), {
    message:
      'The node was low on resource: memory. Threshold quantity: 2Mi, available: 1Mi. Container greedy was using 2Mi, request is 1Mi, has larger consumption of memory. Container side was using 2Mi, request is 0, has larger consumption of memory. ',
    annotations: {
      offending_containers: 'greedy,side',
      offending_containers_usage: '2Mi,2Mi',
      starved_resource: 'memory',
    },
  });
});

test("memory: a pod's own request", () => {
  const own = { ...pod, spec: { ...pod.spec, resources: { requests: { memory: '2Mi' } } } };
  const { message, annotations } = evictionReport(own, 'memory', { stats, due: [], observations });
  assert.match(
    message,
    /^The node was low on resource: memory\. Pod p was using 3Mi, request is 2Mi, has larger/,
  );
  assert.deepEqual([annotations['offending_pod'], annotations['offending_pod_usage']], ['p', '3Mi']);
});

test('disk: layers and logs; inodes: nothing of containers', () => {
  const disk = evictionReport(pod, 'ephemeral-storage', { stats, due, observations });
  assert.match(
    disk.message,
    /^The node was low on resource: ephemeral-storage\. Container greedy was using 8Ki, request is 0,/,
  );
  assert.equal(
    evictionReport(pod, 'inodes', { stats, due, observations }).message,
    'The node was low on resource: inodes. Threshold quantity: 25, available: 5. ',
  );
});

test('a pod of which nothing is known', () => {
  const { message, annotations } = evictionReport(pod, 'memory', { stats: undefined, due: [], observations });
  assert.deepEqual([message, annotations], ['The node was low on resource: memory. ', {}]);
});
