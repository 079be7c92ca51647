import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testNodeFacts } from '../testing/node-facts.ts';
import { testPod } from '../testing/pod.ts';
import { admitPods } from './admit.ts';

const [memory, disk, both] = [
  { memory: true, disk: false, pid: false },
  { memory: false, disk: true, pid: false },
  { memory: true, disk: true, pid: true },
];
const fromApi = { annotations: { 'kubernetes.io/config.source': 'api' } };
const bestEffort = testPod({ containers: [{ name: 'c' }] }, fromApi);
const burstable = testPod(
  { containers: [{ name: 'c', resources: { requests: { memory: '1Mi' } } }] },
  fromApi,
);
const tolerant = testPod(
  {
    containers: [{ name: 'c' }],
    tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }],
  },
  fromApi,
);
const critical = testPod({ containers: [{ name: 'c' }], priority: 2_000_000_000 }, fromApi);
const fixed = testPod(
  { containers: [{ name: 'c' }] },
  { annotations: { 'kubernetes.io/config.source': 'file' } },
);

const cases: [
  name: string,
  pod: typeof fixed,
  pressures: typeof memory | undefined,
  message: string | undefined,
][] = [
  ['no pressure', bestEffort, undefined, undefined],
  ['memory: best effort', bestEffort, memory, 'The node had condition: [MemoryPressure]. '],
  ['memory: a request', burstable, memory, undefined],
  ['memory: a toleration', tolerant, memory, undefined],
  ['disk: a request', burstable, disk, 'The node had condition: [DiskPressure]. '],
  ['disk: a toleration of memory', tolerant, disk, 'The node had condition: [DiskPressure]. '],
  ['all', burstable, both, 'The node had condition: [MemoryPressure DiskPressure PIDPressure]. '],
  ['all: critical', critical, both, undefined],
  ['all: static', fixed, both, undefined],
];
const none = { wasAdmitted: () => false, isFinished: () => false };
for (const [name, pod, pressures, message] of cases) {
  test(`${name}: ${message === undefined ? 'admitted' : 'refused'}`, () => {
    const node = testNodeFacts({ name: 'node', ...(pressures && { pressures }) });
    const [refused] = admitPods([pod], node, none).rejected;
    assert.deepEqual(
      refused && [refused.failed.reason, refused.failed.message],
      message === undefined ? undefined : ['Evicted', message],
    );
  });
}

test('a pod that was admitted stays, on a node that shuts down, too', () => {
  const node = testNodeFacts({ name: 'node', pressures: both, isShuttingDown: true });
  const { admitted } = admitPods([bestEffort], node, { ...none, wasAdmitted: () => true });
  assert.equal(admitted.length, 1);
});

test('a node that shuts down admits nobody', () => {
  const node = testNodeFacts({ name: 'node', isShuttingDown: true });
  const [refused] = admitPods([critical], node, none).rejected;
  assert.deepEqual(
    [refused?.failed.reason, refused?.failed.message],
    ['NodeShutdown', 'Pod was rejected as the node is shutting down.'],
  );
});
