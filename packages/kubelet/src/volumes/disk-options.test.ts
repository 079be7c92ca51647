import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskOptions, persistentMountOptions } from './disk-options.ts';

test('options of a disk, which the real kubelet sorts', () => {
  const rows: [mountOptions: string[], isReadOnly: boolean, label: string, options: string][] = [
    [[], false, '', ''],
    [['noatime', 'ro', ''], true, '', 'noatime,ro'],
    [['noatime'], true, 'u:r:t:s0:c1,c2', 'context="u:r:t:s0:c1,c2",noatime,ro'],
  ];
  for (const [mountOptions, isReadOnly, label, expected] of rows) {
    assert.equal(diskOptions({ mountOptions, isReadOnly, label }).join(), expected);
  }
});

test('the annotation comes before the field', () => {
  const annotations = { 'volume.beta.kubernetes.io/mount-options': 'noatime,nosuid' };
  const spec = { mountOptions: ['noexec'] };
  for (const [volume, expected] of [
    [{}, []],
    [{ spec }, ['noexec']],
    [{ metadata: { annotations }, spec }, ['noatime', 'nosuid']],
  ] as const) {
    assert.deepEqual(persistentMountOptions(Object.assign({}, volume)), expected);
  }
});
