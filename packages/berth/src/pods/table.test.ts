import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { displayName } from './identity.ts';
import { age, podStatusWord, podTable } from './table.ts';

const now = new Date('2026-01-01T00:00:10Z');
const status = (
  name: string,
  state: v1.ContainerState,
  ready = false,
  restartCount = 0,
): v1.ContainerStatus => ({
  name,
  state,
  ready,
  restartCount,
  image: '',
  imageID: '',
});

test('the table', () => {
  const hello: v1.Pod = {
    metadata: { name: 'hello-vm', namespace: 'default' },
    spec: { nodeName: 'vm', containers: [{ name: 'a' }] },
    status: {
      phase: 'Running',
      podIP: '10.88.0.2',
      startTime: '2026-01-01T00:00:09Z' as never,
      containerStatuses: [status('a', { running: {} }, true)],
    },
  };
  const broken: v1.Pod = {
    metadata: { name: 'b' },
    spec: { containers: [{ name: 'a' }, { name: 'b' }] },
    status: { containerStatuses: [status('a', { waiting: { reason: 'CrashLoopBackOff' } }, false, 12)] },
  };
  assert.equal(
    podTable([hello, broken], now),
    `POD            READY  STATUS            RESTARTS  IP         AGE
default/b      0/2    CrashLoopBackOff  12        -          -
default/hello  1/1    Running           0         10.88.0.2  1s`,
  );
});

test('a pod that takes the place of an ending one has one row, with an age of its own', () => {
  const version = (phase: string, startTime: string, deletionTimestamp?: string): v1.Pod => ({
    metadata: { name: 'a', ...(deletionTimestamp && { deletionTimestamp: deletionTimestamp as never }) },
    spec: { containers: [{ name: 'a' }] },
    status: { phase, startTime: startTime as never },
  });
  const former = version('Running', '2026-01-01T00:00:00Z', '2026-01-01T00:00:06Z');
  const current = version('Pending', '2026-01-01T00:00:06Z');
  const table = `POD        READY  STATUS    RESTARTS  IP  AGE
default/a  0/1    Updating  0         -   4s`;
  assert.equal(podTable([former, current], now), table);
  assert.equal(podTable([current, former], now), table);
  assert.match(podTable([former, version('Failed', '2026-01-01T00:00:06Z')], now), /a +0\/1 +Failed /);
  assert.match(podTable([former], now), /Terminating .* 10s$/);
});

test('a static pod is called what its manifest calls it', () => {
  assert.equal(
    displayName({
      metadata: { name: 'a-b-node', namespace: 'x' },
      spec: { nodeName: 'node', containers: [] },
    }),
    'x/a-b',
  );
  assert.equal(displayName({ metadata: { name: 'a' } }), 'default/a');
});

for (const [what, pod, word] of [
  ['phase', { status: { phase: 'Pending' } }, 'Pending'],
  [
    'terminating',
    { metadata: { deletionTimestamp: now as never }, status: { phase: 'Running' } },
    'Terminating',
  ],
  ['init', { status: { initContainerStatuses: [status('i', { running: {} })] } }, 'Init:0/1'],
  [
    'init error',
    { status: { initContainerStatuses: [status('i', { terminated: { exitCode: 2 } })] } },
    'Init:ExitCode:2',
  ],
  [
    'done',
    { status: { containerStatuses: [status('a', { terminated: { exitCode: 0, reason: 'Completed' } })] } },
    'Completed',
  ],
  ['reason', { status: { phase: 'Failed', reason: 'Evicted' } }, 'Evicted'],
] as const) {
  test(`status word: ${what}`, () => assert.equal(podStatusWord(pod as v1.Pod), word));
}

for (const [seconds, expected] of [
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [125, '2m5s'],
  [601, '10m'],
  [3 * 3600 + 60, '3h1m'],
  [9 * 3600, '9h'],
  [50 * 3600, '2d2h'],
  [9 * 86_400, '9d'],
] as const) {
  test(`age ${expected}`, () => assert.equal(age(seconds * 1000), expected));
}
