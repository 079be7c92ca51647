import assert from 'node:assert/strict';
import { test } from 'node:test';
import { procMountProblem } from './proc-mounts.ts';

test('nothing can be mounted in /proc but itself and what lxcfs shows (CVE-2019-16884, CVE-2019-19921)', () => {
  const refused = [
    '/proc',
    '/proc/self/attr',
    '/proc/sys',
    '/proc/cpuinfo/x',
    '/proc/sys/kernel/core_pattern',
  ];
  for (const path of refused) assert.match(procMountProblem(path, 'ext4') ?? '', /\/proc/, path);
  for (const path of ['/', '/procfs', '/data/proc', '/sys', '/dev/shm', '/proc/cpuinfo', '/proc/uptime']) {
    assert.equal(procMountProblem(path, 'ext4'), undefined, path);
  }
  assert.equal(procMountProblem('/proc', 'proc'), undefined);
  assert.match(procMountProblem('/proc/sys', 'proc') ?? '', /inside \/proc/);
});
