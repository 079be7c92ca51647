import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { newestVersions, versionsOf } from './versions.ts';

const pod = (name: string, uid: string, isEnding = false): v1.Pod => ({
  metadata: {
    name: `${name}-n`,
    uid,
    ...(isEnding && { deletionTimestamp: '2026-01-01T00:00:00Z' as never }),
  },
  spec: { nodeName: 'n', containers: [] },
});
const uids = (pods: readonly v1.Pod[]) => pods.map(({ metadata }) => metadata?.uid);

test('the pod of a manifest, and its earlier versions', () => {
  const pods = [pod('a', '1', true), pod('b', '3'), pod('a', '2')];
  const { current, former } = versionsOf(pods, { uid: '2', name: 'default/a' });
  assert.equal(current, pods[2]);
  assert.deepEqual(uids(former), ['1']);
  assert.equal(versionsOf(pods, { uid: '9', name: 'default/a' }).current, undefined);
});

test('one pod for each name', () => {
  const [old, other, young] = [pod('a', '1', true), pod('b', '3', true), pod('a', '2')];
  const expected = [
    ['2', ['1']],
    ['3', []],
  ];
  for (const pods of [
    [old, other, young],
    [young, other, old],
  ]) {
    const found = newestVersions(pods).map(({ pod, former }) => [pod.metadata?.uid, uids(former)]);
    assert.deepEqual(found, expected);
  }
});
