import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/pod.ts';
import type { ServedPod } from '../../api/served-pod.ts';
import { testPod } from '../../testing/pod.ts';
import { ServedPodIndex } from './served-pod-index.ts';

const staticPod = (hash: string): Pod =>
  testPod(
    { containers: [{ name: 'c' }] },
    { uid: hash, annotations: { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.hash': hash } },
  );

const mirror = (uid: string, hash: string): ServedPod => ({
  pod: testPod(
    { containers: [{ name: 'c' }] },
    { uid, annotations: { 'kubernetes.io/config.mirror': hash } },
  ),
  status: { phase: 'Running' },
  resourceVersion: '1',
});

test('a mirror pod is that of its version, also while the next version waits', () => {
  const index = new ServedPodIndex();
  index.setPods([staticPod('one')]);
  const first = mirror('m1', 'one');
  index.set(new Map([['m1', first]]));
  index.setPods([staticPod('two')]);
  assert.equal(index.get('one'), first);
  assert.equal(index.get('two'), undefined);
  assert.equal(index.localUid(first), 'one');
  const second = mirror('m2', 'two');
  index.set(new Map([['m2', second]]));
  assert.equal(index.get('one'), undefined);
  assert.equal(index.get('two'), second);
  assert.equal(index.localUid(second), 'two');
  index.forget('two');
  assert.equal(index.localUid(second), undefined);
});

test('a pod stays the same object when the watch tells of what the server has answered, or of less', () => {
  const pod = testPod({ containers: [{ name: 'c' }] });
  const at = (resourceVersion: string, phase: string): ServedPod => ({
    pod,
    status: { phase },
    resourceVersion,
  });
  const watched = (each: ServedPod) => new Map([['u', each]]);
  const index = new ServedPodIndex();
  index.set(watched(at('9', 'Pending')));
  index.answered(at('10', 'Running'));
  const answered = index.get('u');
  assert.equal(answered?.status.phase, 'Running');
  for (const each of [at('9', 'Pending'), at('10', 'Running')]) {
    index.set(watched(each));
    assert.equal(index.get('u'), answered);
  }
  const next = at('11', 'Failed');
  index.set(watched(next));
  assert.equal(index.get('u'), next);
});
