import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conmonCgroup } from './cgroup.ts';

test("a pod's conmons count as the pod's wherever processes may be", () => {
  const at = (version: 'v1' | 'hybrid' | 'v2', systemdCgroup = false) =>
    conmonCgroup({ version, systemdCgroup, parent: '/kubepods/podX' });
  const v1 = {
    directories: ['/sys/fs/cgroup/memory/kubepods/podX', '/sys/fs/cgroup/cpu/kubepods/podX'],
    leaf: undefined,
  };
  assert.deepEqual(at('v1'), v1);
  assert.deepEqual(at('hybrid'), v1);
  assert.deepEqual(at('v2'), {
    directories: ['/sys/fs/cgroup/kubepods/podX/conmon'],
    leaf: '/kubepods/podX/conmon',
  });
  assert.equal(at('v2', true), undefined);
});
