import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { shutdownGrace, shutdownGroups, wholePeriod } from './shutdown-groups.ts';

const critical = 2_000_000_000;
const pod = (name: string, priority?: number): Pod =>
  testPod({ containers: [{ name: 'c' }], ...(priority !== undefined && { priority }) }, { name });

test('a pod has the period of its priority, of the next lower one, or the lowest', () => {
  const periods = [0, 100, 1000].map((priority) => ({ priority, graceSeconds: 5 }));
  const names = [
    pod('at', 100),
    pod('between', 999),
    pod('above', critical),
    pod('below', -1),
    pod('without'),
  ];
  assert.deepEqual(
    shutdownGroups(periods, names).map(({ priority, pods }) => [
      priority,
      pods.map((each) => each.metadata.name),
    ]),
    [
      [0, ['below', 'without']],
      [100, ['at', 'between']],
      [1000, ['above']],
    ],
  );
  assert.deepEqual(
    shutdownGroups(periods, [pod('above', critical)]).map(({ priority }) => priority),
    [1000],
  );
});

test("a pod has no longer than its own grace period, nor its group's", () => {
  assert.equal(shutdownGrace(pod('p'), { priority: 0, graceSeconds: 5 }), 5);
  assert.equal(shutdownGrace(pod('p'), { priority: 0, graceSeconds: 500 }), 30);
});

test('the machine waits as long as all groups may take', () => {
  const periods = [20, 10].map((graceSeconds) => ({ priority: 0, graceSeconds }));
  assert.equal(wholePeriod(periods), 30);
});
