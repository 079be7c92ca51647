import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupPermissions, hasGroup, type VolumeAccess } from './ownership.ts';

const cases: [what: string, isDirectory: boolean, mode: number, access: VolumeAccess, result: number][] = [
  ['a file', false, 0o600, 'read-write', 0o660],
  ['a file that is read', false, 0o600, 'read-only', 0o640],
  ['a program', false, 0o4755, 'read-write', 0o4775],
  ['a directory', true, 0o700, 'read-write', 0o2770],
  ['a directory that is read', true, 0o700, 'read-only', 0o2750],
  ['a directory of everybody', true, 0o1777, 'read-write', 0o3777],
];

for (const [what, isDirectory, mode, access, result] of cases) {
  test(`the group of ${what}`, () => {
    const stats = { mode: mode | 0o100_000, isDirectory: () => isDirectory };
    assert.deepEqual(groupPermissions(stats, 7, access), { gid: 7, mode: result });
  });
}

test('a directory has the group when it has all permissions of the group', () => {
  const directory = (gid: number, mode: number) => ({ gid, mode: mode | 0o040_000, isDirectory: () => true });
  assert.ok(hasGroup(directory(7, 0o2770), 7, 'read-write'));
  assert.ok(hasGroup(directory(7, 0o3777), 7, 'read-write'));
  assert.ok(!hasGroup(directory(8, 0o2770), 7, 'read-write'));
  assert.ok(!hasGroup(directory(7, 0o770), 7, 'read-write'));
  assert.ok(!hasGroup(directory(7, 0o2750), 7, 'read-write'));
  assert.ok(hasGroup(directory(7, 0o2750), 7, 'read-only'));
});
