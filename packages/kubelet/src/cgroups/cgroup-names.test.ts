import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podCgroup, qosCgroup, uidOfCgroup } from './cgroup-names.ts';
import type { QosClass } from './qos-class.ts';

const names: [root: string, driver: 'cgroupfs' | 'systemd', qos: QosClass, path: string][] = [
  ['/', 'cgroupfs', 'Guaranteed', '/kubepods/poda-b'],
  ['/', 'cgroupfs', 'Burstable', '/kubepods/burstable/poda-b'],
  ['/', 'cgroupfs', 'BestEffort', '/kubepods/besteffort/poda-b'],
  ['/test', 'cgroupfs', 'Burstable', '/test/kubepods/burstable/poda-b'],
  ['/', 'systemd', 'Guaranteed', '/kubepods.slice/kubepods-poda_b.slice'],
  ['/', 'systemd', 'Burstable', '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-poda_b.slice'],
  [
    '/test',
    'systemd',
    'BestEffort',
    '/test.slice/test-kubepods.slice/test-kubepods-besteffort.slice/test-kubepods-besteffort-poda_b.slice',
  ],
];
for (const [root, driver, qos, path] of names) {
  test(`${driver} names a ${qos} pod below ${root} ${path}`, () => {
    assert.equal(podCgroup(root, driver, qos, 'a-b'), path);
    assert.equal(uidOfCgroup(driver, path.split('/').at(-1) ?? ''), 'a-b');
    assert.equal(uidOfCgroup(driver, qosCgroup(root, driver, qos).split('/').at(-1) ?? ''), undefined);
  });
}
