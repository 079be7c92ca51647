import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PendingResize } from '../admission/resizes.ts';
import type { Pod } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { ResizeWatch } from './resize-watch.ts';

const version = (cpu: string): Pod =>
  testPod({ containers: [{ name: 'a', resources: { limits: { cpu } } }] });
const [one, two] = [version('1'), version('2')];
const deferred: PendingResize = { reason: 'Deferred', message: 'no room' };
const infeasible: PendingResize = { reason: 'Infeasible', message: 'never', detail: 'swap_limitation' };

/** A watch, and what it has told since it was asked last. */
function newWatch() {
  let told: unknown[] = [];
  const watch = new ResizeWatch({
    requested: (before, after) => void told.push(['requested', before === one, after === two]),
    infeasible: (detail) => void told.push(['infeasible', detail]),
    accepted: (trigger) => void told.push(['accepted', trigger]),
    deferredEnded: (pod, resolution, seconds) => void told.push([resolution, pod !== undefined, seconds]),
  });
  const byUid = (pod: Pod | undefined) => new Map(pod ? [[pod.metadata.uid, pod]] : []);
  return {
    watch,
    judge: (now: number, resize: PendingResize | undefined, before: Pod, after: Pod | undefined) =>
      watch.admitted(
        {
          trigger: 'pods_removed',
          desired: byUid(after && two),
          before: byUid(before),
          after: byUid(after),
          pending: new Map(resize ? [[one.metadata.uid, resize]] : []),
        },
        now,
      ),
    told: () => {
      const list = told;
      told = [];
      return list;
    },
  };
}

test('a resize that waits is told once it is over, with the time that it took', () => {
  for (const [after, wanted] of [
    [
      two,
      [
        ['accepted', true, 2],
        ['accepted', 'pods_removed'],
      ],
    ],
    [one, [['reverted', true, 2]]],
    [undefined, [['terminated', false, 2]]],
  ] as const) {
    const { judge, told } = newWatch();
    judge(1000, deferred, one, one);
    judge(2000, { ...deferred, message: 'still none' }, one, one);
    assert.deepEqual(told(), []);
    judge(3000, undefined, one, after);
    assert.deepEqual(told(), wanted);
    judge(4000, undefined, one, after);
    assert.deepEqual(told(), []);
  }
});

test('a resize that is never admitted is told once', () => {
  const { judge, told } = newWatch();
  judge(1000, deferred, one, one);
  judge(2000, infeasible, one, one);
  judge(3000, infeasible, one, one);
  judge(4000, undefined, one, one);
  assert.deepEqual(told(), [['infeasible', 'swap_limitation']]);
});

test('a changed manifest asks for a resize; removals count as the reason to look again', () => {
  const { watch, told } = newWatch();
  const other = testPod({ containers: [{ name: 'b' }] }, { uid: 'other' });
  assert.equal(watch.sourcesChanged([], [one]), 'pods_added');
  assert.equal(watch.sourcesChanged([one], [one, other]), 'pods_added');
  assert.deepEqual(told(), []);
  assert.equal(watch.sourcesChanged([one, other], [two, other]), 'pod_updated');
  assert.deepEqual(told(), [['requested', true, true]]);
  assert.equal(watch.sourcesChanged([two, other], [two]), 'pods_removed');
});
