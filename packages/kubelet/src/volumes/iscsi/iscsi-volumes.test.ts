import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskOptions, isMountedElsewhere } from './iscsi-volumes.ts';

const mount = (mountPoint: string, device: string) => ({ mountPoint, device });

test('a file system is in use while it has another mount', () => {
  const own = mount('/k/plugins/lun', '8:0');
  for (const [table, expected] of [
    [[own], false],
    [[mount('/', '254:0'), own, mount('/k/pods/u/volumes/v', '8:16')], false],
    [[own, mount('/k/pods/u/volumes/v', '8:0')], true],
    [[own, own], false],
  ] as const) {
    assert.equal(isMountedElsewhere(table, '/k/plugins/lun'), expected);
  }
  assert.throws(() => isMountedElsewhere([], '/k/plugins/lun'), /not in the mount table/);
});

test('options of a disk, which the real kubelet sorts', () => {
  const rows: [mountOptions: string[], isReadOnly: boolean, label: string, options: string][] = [
    [[], false, '', ''],
    [['noatime', 'ro', ''], true, '', 'noatime,ro'],
    [['noatime'], true, 'u:r:t:s0:c1,c2', 'context="u:r:t:s0:c1,c2",noatime,ro'],
  ];
  for (const [mountOptions, isReadOnly, label, expected] of rows) {
    assert.equal(diskOptions({ mountOptions, isReadOnly }, label).join(), expected);
  }
});
