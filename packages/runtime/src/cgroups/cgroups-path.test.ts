import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCgroupParent } from './cgroups-path.ts';

test('a cgroup parent that is not below the cgroup root, or no name of a slice, is refused', () => {
  for (const parent of ['/a/../../b', '..', '/a/..']) {
    assert.throws(
      () => checkCgroupParent(parent, false),
      /cgroup_parent: .* not a path below the cgroup root/,
    );
  }
  for (const parent of [
    'a:b.slice',
    'a b.slice',
    'a;b.slice',
    'a\nb.slice',
    '/x/a%b.slice',
    `${'a-'.repeat(130)}a.slice`,
  ]) {
    assert.throws(() => checkCgroupParent(parent, true), /cgroup_parent: .* not the name of a slice/, parent);
  }
  for (const parent of [
    'kubepods-burstable-pod0a_1.slice',
    '/a.slice/a-b.slice',
    'a\\x2db@1.slice',
    '-.slice',
  ]) {
    checkCgroupParent(parent, true);
  }
  checkCgroupParent('/kubepods/pod:1', false);
});
