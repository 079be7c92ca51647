import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Pod } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { HeldPods } from './held-pods.ts';

test('pods that select another node wait until it is read again', async () => {
  const [one, other] = ['one', 'other'].map((name) => testPod({ containers: [{ name: 'a' }] }, { name }));
  assert.ok(one && other);
  const applied: string[][] = [];
  let reading: PromiseWithResolvers<void> | undefined;
  let isInCluster = true;
  const held = new HeldPods({
    selectsOtherNode: (pods: readonly Pod[]) => pods.includes(other),
    readAgain: () => {
      if (!isInCluster) return undefined;
      reading = Promise.withResolvers();
      return reading.promise;
    },
    apply: (pods) => applied.push(pods.map(({ metadata }) => metadata.name)),
  });
  held.set([one]);
  held.set([other]);
  held.set([one, other]);
  assert.deepEqual(applied, [['one']]);
  reading?.resolve();
  await setImmediate();
  assert.deepEqual(applied, [['one'], ['one', 'other']]);
  isInCluster = false;
  held.set([other]);
  assert.deepEqual(applied.at(-1), ['other']);
});
