import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { type ResizeProgress, resizeConditions } from './resize-conditions.ts';

const pod = testPod({ containers: [{ name: 'c' }] }, { generation: 2 });
const idle: ResizeProgress = { pending: undefined, isInProgress: false, error: undefined };
const deferred = { reason: 'Deferred', message: 'no room' } as const;

test('a change that waits, and one that is being carried out', () => {
  assert.deepEqual(resizeConditions(pod, idle, [], 't1'), []);
  const both = resizeConditions(pod, { ...idle, pending: deferred, isInProgress: true }, [], 't1');
  const common = { status: 'True', observedGeneration: 2, lastProbeTime: 't1', lastTransitionTime: 't1' };
  assert.deepEqual(both, [
    { type: 'PodResizePending', ...deferred, ...common },
    { type: 'PodResizeInProgress', ...common },
  ]);
});

test('another reason is a transition, another message is not', () => {
  const first = resizeConditions(pod, { ...idle, isInProgress: true }, [], 't1');
  const same = resizeConditions(pod, { ...idle, isInProgress: true }, first, 't2');
  assert.deepEqual(same, first);
  const failed = resizeConditions(pod, { ...idle, isInProgress: true, error: 'in use' }, same, 't3');
  const [condition] = failed;
  assert.deepEqual(
    [condition?.reason, condition?.message, condition?.lastProbeTime, condition?.lastTransitionTime],
    ['Error', 'in use', 't3', 't3'],
  );
  const [again] = resizeConditions(pod, { ...idle, isInProgress: true, error: 'still' }, failed, 't4');
  assert.deepEqual([again?.message, again?.lastProbeTime, again?.lastTransitionTime], ['still', 't4', 't3']);
});
