import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RejectedManifest } from '@berth/kubelet/config/pod-source.ts';
import { CurrentRejections, objectRejections, podRejection } from './rejections.ts';

const rejected = (more: Partial<RejectedManifest>): RejectedManifest => ({
  file: '/m/a.yaml',
  message: 'wrong',
  lastGoodRuns: false,
  ...more,
});

for (const [what, entry, expected] of [
  ['this pod', { pod: 'default/a-n' }, 'wrong'],
  ['the whole file', {}, 'wrong'],
  ['another pod of the file', { pod: 'default/b-n' }, undefined],
  ['an object of the file', { object: 'ConfigMap default/c' }, undefined],
  ['this pod in another file', { file: '/m/b.yaml', pod: 'default/a-n' }, undefined],
  ['a new version', { pod: 'default/a-n', lastGoodRuns: true }, 'wrong (the last good version goes on)'],
] as const) {
  test(`a rejection of ${what}`, () =>
    assert.equal(podRejection([rejected(entry)], { file: '/m/a.yaml', key: 'default/a-n' }), expected));
}

test('objects of a file that are not served', () => {
  const entry = rejected({ object: 'Secret default/s', lastGoodRuns: true });
  assert.deepEqual(objectRejections([entry], '/m/a.yaml'), [
    'Secret default/s: wrong (the last good version goes on)',
  ]);
  assert.deepEqual(objectRejections([entry, rejected({})], '/m/b.yaml'), []);
});

test('a rejection from before counts only when it stays', () => {
  const [before, later] = [rejected({}), rejected({ message: 'wrong, too' })];
  const current = new CurrentRejections([before]);
  assert.deepEqual(current.of([rejected({}), later], 100), [later]);
  assert.deepEqual(current.of([before, later], 3_000), [before, later]);
});
