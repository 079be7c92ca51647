import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { hasOwnLabels, mountedContext } from './mount-table.ts';

const table = parseMountInfo(
  [
    '1 0 8:1 / / rw,relatime - ext4 /dev/a rw,seclabel',
    '2 1 8:2 / /k rw,relatime - nfs s:/x rw,vers=4',
    '3 2 8:3 / /k/quoted rw - ext4 /dev/b rw,context="system_u:object_r:t_t:s0:c1,c2",discard',
    '4 2 8:4 / /k/plain rw - ext4 /dev/c rw,context=system_u:object_r:t_t:s0',
    '5 2 8:5 / /k/hidden rw - nfs s:/y rw',
    '6 5 8:6 / /k/hidden rw,seclabel - ext4 /dev/d rw',
    '7 2 8:7 / /k/other rw - ext4 /dev/e rw,rootcontext=system_u:object_r:t_t:s0',
  ].join('\n'),
);

const rows: [path: string, hasOwn: boolean, context: string][] = [
  ['/etc', true, ''],
  ['/k', false, ''],
  ['/kk', true, ''],
  ['/k/a/b', false, ''],
  ['/k/quoted', false, 'system_u:object_r:t_t:s0:c1,c2'],
  ['/k/plain/below', false, 'system_u:object_r:t_t:s0'],
  ['/k/hidden', true, ''],
  ['/k/other', false, ''],
];
for (const [path, hasOwn, context] of rows) {
  test(`labels at ${path}`, () => {
    assert.equal(hasOwnLabels(table, path), hasOwn);
    assert.equal(mountedContext(table, path), context);
  });
}

test('a path on no mount', () => {
  assert.throws(() => hasOwnLabels([], '/k'), /cannot find mount point for "\/k"/);
});
