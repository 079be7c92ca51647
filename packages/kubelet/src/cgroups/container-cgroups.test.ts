import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerIdOfCgroup } from './container-cgroups.ts';

test('the container of a cgroup, by either driver', () => {
  const id = 'ab'.repeat(32);
  const cases: [string, string | undefined][] = [
    [id, id],
    [`cri-containerd-${id}.scope`, id],
    [`berth-${id}.scope`, id],
    [`crio-conmon-${id}.scope`, undefined],
    ['memory.stat', undefined],
    [`${id}.mount`, undefined],
  ];
  for (const [name, expected] of cases) assert.equal(containerIdOfCgroup(name), expected, name);
});
