import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { DeviceAdmission } from './device-admission.ts';

/** An admission whose manager gives devices when the test says so; pods whose UID begins with `d` need some. */
function setUp() {
  const pending = new Map<string, PromiseWithResolvers<void>>();
  const over = new Set<string>();
  let decided = 0;
  const admission = new DeviceAdmission({
    manager: {
      needs: ({ metadata }) => metadata.uid.startsWith('d'),
      allocate: ({ metadata }) => {
        const allocation = Promise.withResolvers<void>();
        pending.set(metadata.uid, allocation);
        return allocation.promise;
      },
    },
    isOver: (uid) => over.has(uid),
    onDecided: () => {
      decided += 1;
    },
  });
  const ready = (...uids: string[]) => [...admission.ready(podsOf(uids)).keys()].join();
  return { admission, pending, over, ready, decided: () => decided };
}

function podsOf(uids: string[]): Map<string, Pod> {
  return new Map(uids.map((uid) => [uid, testPod({ containers: [{ name: 'c' }] }, { uid, name: uid })]));
}

test('a pod waits for its devices, and others do not', async () => {
  const { admission, pending, ready, decided } = setUp();
  admission.begin(new Set());
  assert.equal(ready('d', 'n'), 'n');
  assert.equal(ready('d', 'n'), 'n');
  assert.equal(pending.size, 1);
  pending.get('d')?.resolve();
  await until('it is decided', () => decided() === 1);
  assert.equal(ready('d', 'n'), 'd,n');
  assert.equal(admission.refusal('d'), undefined);
});

test('a pod that an earlier kubelet has started keeps what it has', () => {
  const { admission, pending, ready } = setUp();
  admission.begin(new Set(['d']));
  assert.equal(ready('d'), 'd');
  assert.equal(pending.size, 0);
});

test('a pod that cannot have its devices is refused until devices come or it is forgotten', async () => {
  const { admission, pending, over, ready, decided } = setUp();
  admission.begin(new Set());
  ready('d');
  pending.get('d')?.reject(new Error('no'));
  await until('it is decided', () => decided() === 1);
  assert.deepEqual(admission.refusal('d'), {
    reason: 'UnexpectedAdmissionError',
    message: 'Allocate failed due to no, which is unexpected',
    detail: 'Allocate failed due to no, which is unexpected',
  });
  // It counts as finished since it was rejected.
  over.add('d');
  assert.equal(admission.retry(), true);
  assert.equal(admission.retry(), false);
  assert.equal(admission.refusal('d'), undefined);
  assert.equal(ready('d'), '');
  pending.get('d')?.reject(new Error('no'));
  await until('it is decided again', () => decided() === 2);
  admission.keepOnly(() => false);
  assert.equal(admission.refusal('d'), undefined);
});

test('a pod that goes while it waits, and one that has finished', async () => {
  const { admission, pending, over, ready, decided } = setUp();
  admission.begin(new Set());
  ready('d');
  ready();
  pending.get('d')?.resolve();
  over.add('e');
  assert.equal(ready('e'), 'e');
  await new Promise(setImmediate);
  assert.equal(decided(), 0);
});

test('nothing is decided after a stop', async () => {
  const { admission, pending, ready, decided } = setUp();
  admission.begin(new Set());
  ready('d');
  admission.stop();
  pending.get('d')?.resolve();
  await new Promise(setImmediate);
  assert.equal(decided(), 0);
});
