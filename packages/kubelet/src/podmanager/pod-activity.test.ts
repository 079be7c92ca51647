import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { PodActivity } from './pod-activity.ts';

test('what of the pods goes on, before and after all of them are known', () => {
  const podOf = (uid: string) => testPod({ containers: [{ name: 'a' }] }, { uid, name: uid });
  const admitted = new Map(['waits', 'ended', 'ending'].map((uid) => [uid, podOf(uid)]));
  let [isRunning, sourcesRead] = [false, false];
  const workers = {
    has: (uid: string) => uid !== 'waits' && uid !== 'unknown',
    mayRun: (uid: string) => uid === 'ending' || uid === 'deleted',
  };
  const activity = new PodActivity({
    podManager: { admitted: () => admitted },
    isFinished: (uid) => uid === 'ended' || uid === 'ending',
    workers: () => (isRunning ? workers : undefined),
    sourcesRead: () => sourcesRead,
  });
  const uids = ['waits', 'ended', 'ending', 'deleted', 'unknown'];
  const told = (is: (uid: string) => boolean): string[] => uids.filter(is);
  const active = (): string[] => activity.activePods().map(({ metadata }) => metadata.uid);
  for ([isRunning, sourcesRead] of [
    [false, false],
    [true, false],
    [false, true],
  ] as const) {
    assert.deepEqual(
      told((uid) => activity.isActive(uid)),
      uids,
    );
    assert.deepEqual(
      told((uid) => activity.isKnown(uid)),
      uids,
    );
    assert.deepEqual(active(), isRunning ? ['waits', 'ending'] : ['waits']);
  }
  [isRunning, sourcesRead] = [true, true];
  assert.deepEqual(
    told((uid) => activity.isActive(uid)),
    ['waits', 'ending', 'deleted'],
  );
  assert.deepEqual(
    told((uid) => activity.isKnown(uid)),
    ['waits', 'ended', 'ending', 'deleted'],
  );
  assert.deepEqual(active(), ['waits', 'ending']);
});
