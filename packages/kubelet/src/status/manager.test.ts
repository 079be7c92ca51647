import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { StatusManager } from './manager.ts';

const pod = (uid: string) => testPod({ containers: [{ name: 'c' }] }, { name: uid, uid });

test('pods are shown with their newest status, and one without is not shown', () => {
  const statuses = new StatusManager();
  statuses.set('a', { phase: 'Pending' });
  statuses.set('a', { phase: 'Running' });
  assert.deepEqual(
    statuses.withStatus([pod('a'), pod('b')]).map(({ metadata, status }) => [metadata.uid, status.phase]),
    [['a', 'Running']],
  );
});

test('a pod has finished when its containers are done for good', () => {
  const statuses = new StatusManager();
  for (const phase of ['Pending', 'Running', 'Succeeded', 'Failed']) statuses.set(phase, { phase });
  assert.deepEqual(
    ['Pending', 'Running', 'Succeeded', 'Failed', 'unknown'].map((uid) => statuses.isFinished(uid)),
    [false, false, true, true, false],
  );
});

test('pods that are gone are forgotten', () => {
  const statuses = new StatusManager();
  for (const uid of ['a', 'b', 'c']) statuses.set(uid, {});
  statuses.forget('a');
  statuses.keepOnly(new Set(['c']));
  assert.deepEqual(
    ['a', 'b', 'c'].map((uid) => statuses.get(uid)),
    [undefined, undefined, {}],
  );
});

test('the end of a pod is told once', () => {
  const ended: number[] = [];
  const statuses = new StatusManager(undefined, () => ended.push(1));
  for (const phase of ['Pending', 'Running', 'Succeeded', 'Succeeded']) statuses.set('a', { phase });
  assert.equal(ended.length, 1);
});
