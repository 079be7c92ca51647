import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodCondition, PodStatus } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { ResizeEvents, resizeEvents } from './resize-events.ts';

const resources = { requests: { memory: '1Gi', cpu: '150m' } };
const pod = testPod({ containers: [{ name: 'c', resources }] });
const asked = '"containers":[{"name":"c","resources":{"requests":{"cpu":"150m","memory":"1Gi"}}}]';

const inProgress = (observedGeneration: number, more: Partial<PodCondition> = {}): PodCondition => ({
  type: 'PodResizeInProgress',
  status: 'True',
  observedGeneration,
  ...more,
});
const pending = (reason: string): PodCondition => ({
  type: 'PodResizePending',
  status: 'True',
  observedGeneration: 2,
  reason,
  message: 'full',
});
const failed = { reason: 'Error', message: 'no' };

const table: [what: string, before: PodCondition[], after: PodCondition[], events: string[]][] = [
  ['begins', [], [inProgress(2)], [`Normal ResizeStarted: Pod resize started: {${asked},"generation":2}`]],
  ['goes on', [inProgress(2)], [inProgress(2)], []],
  [
    'begins anew',
    [inProgress(2)],
    [inProgress(3)],
    [`Normal ResizeStarted: Pod resize started: {${asked},"generation":3}`],
  ],
  [
    'is done',
    [inProgress(2)],
    [],
    [`Normal ResizeCompleted: Pod resize completed: {${asked},"generation":2}`],
  ],
  [
    'fails',
    [inProgress(2)],
    [inProgress(2, failed)],
    [`Warning ResizeError: Pod resize error: {${asked},"generation":2,"error":"no"}`],
  ],
  ['fails the same way', [inProgress(2, failed)], [inProgress(2, failed)], []],
  [
    'has to wait',
    [],
    [pending('Deferred')],
    [`Warning ResizeDeferred: Pod resize Deferred: {${asked},"generation":2,"error":"full"}`],
  ],
  [
    'can never be',
    [pending('Deferred')],
    [pending('Infeasible')],
    [`Warning ResizeInfeasible: Pod resize Infeasible: {${asked},"generation":2,"error":"full"}`],
  ],
  ['waits no more', [pending('Deferred')], [], []],
];

const running = (conditions: PodCondition[]): PodStatus => ({ phase: 'Running', conditions });

for (const [what, before, after, events] of table) {
  test(`a resize that ${what} is told of`, () => {
    const told = resizeEvents(pod, running(before), running(after));
    assert.deepEqual(
      told.map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
      events,
    );
  });
}

test('a pod that ends completes no resize', () => {
  assert.deepEqual(resizeEvents(pod, running([inProgress(2)]), { phase: 'Failed' }), []);
  const deleted = testPod(pod.spec, { deletionTimestamp: '2026-11-30T10:00:00Z' });
  assert.deepEqual(resizeEvents(deleted, running([inProgress(2)]), running([])), []);
});

test('events are about the pod; without one nothing is told', () => {
  const recorded: unknown[] = [];
  const recorder = { record: (...event: unknown[]) => void recorded.push(event) };
  const change = [running([]), running([inProgress(2)])] as const;
  new ResizeEvents(() => undefined, recorder).statusChanged('u', ...change);
  assert.equal(recorded.length, 0);
  new ResizeEvents(() => pod, recorder).statusChanged('u', ...change);
  const { name, namespace, uid } = pod.metadata;
  assert.deepEqual(recorded, [
    [
      { pod: { name, namespace, uid } },
      'Normal',
      'ResizeStarted',
      `Pod resize started: {${asked},"generation":2}`,
    ],
  ]);
});
