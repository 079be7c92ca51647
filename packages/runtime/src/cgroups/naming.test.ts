import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupfsNaming, systemdNaming } from './naming.ts';

test('cgroupfs: the id below the parent', () => {
  assert.equal(cgroupfsNaming.containerCgroup('/kubepods/podu', 'c1'), '/kubepods/podu/c1');
  assert.equal(cgroupfsNaming.containerCgroup('berth', 'c1'), '/berth/c1');
  assert.equal(cgroupfsNaming.podCgroup('/kubepods/podu'), '/kubepods/podu');
});

test('systemd: a scope in the nested slice', () => {
  assert.equal(
    systemdNaming.containerCgroup('a-b-c.slice', 'c1'),
    '/a.slice/a-b.slice/a-b-c.slice/berth-c1.scope',
  );
  assert.equal(systemdNaming.containerCgroup('/x/system.slice', 'c1'), '/system.slice/berth-c1.scope');
  assert.equal(systemdNaming.podCgroup('-.slice'), '/');
});

test('cgroup paths for either driver', () => {
  const path = (parent: string, naming = cgroupfsNaming) => naming.cgroupsPath(parent, 'c1');
  assert.equal(path('/kubepods/podX'), '/kubepods/podX/c1');
  assert.equal(path('kubepods/podX/'), '/kubepods/podX/c1');
  assert.equal(path('/a/kubepods-podX.slice', systemdNaming), 'kubepods-podX.slice:berth:c1');
  assert.throws(() => path('/a/../../b'), /cgroup_parent: .*not a path below/);
  assert.throws(() => path('/kubepods', systemdNaming), /is not a slice/);
  assert.throws(() => path('kubepods.slice'), /is a systemd slice, but this node uses the cgroupfs driver/);
});

test('a cgroup parent that is not below the cgroup root, or no name of a slice, is refused', () => {
  for (const parent of ['/a/../../b', '..', '/a/..']) {
    assert.throws(
      () => cgroupfsNaming.checkParent(parent),
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
    assert.throws(
      () => systemdNaming.checkParent(parent),
      /cgroup_parent: .* not the name of a slice/,
      parent,
    );
  }
  for (const parent of [
    'kubepods-burstable-pod0a_1.slice',
    '/a.slice/a-b.slice',
    'a\\x2db@1.slice',
    '-.slice',
  ]) {
    systemdNaming.checkParent(parent);
  }
  cgroupfsNaming.checkParent('/kubepods/pod:1');
});
