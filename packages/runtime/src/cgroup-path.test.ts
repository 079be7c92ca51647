import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerCgroup, podCgroup } from './cgroup-path.ts';

test('cgroupfs: the id below the parent', () => {
  assert.equal(containerCgroup('/kubepods/podu', 'c1', false), '/kubepods/podu/c1');
  assert.equal(containerCgroup('berth', 'c1', false), '/berth/c1');
  assert.equal(podCgroup('/kubepods/podu', false), '/kubepods/podu');
});

test('systemd: a scope in the nested slice', () => {
  assert.equal(containerCgroup('a-b-c.slice', 'c1', true), '/a.slice/a-b.slice/a-b-c.slice/berth-c1.scope');
  assert.equal(containerCgroup('/x/system.slice', 'c1', true), '/system.slice/berth-c1.scope');
  assert.equal(podCgroup('-.slice', true), '/');
});
