import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupPermissions, type VolumeAccess } from './ownership.ts';

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
