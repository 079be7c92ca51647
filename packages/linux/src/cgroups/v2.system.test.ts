// The parts of cgroup v2 that need no controller, against the v2 hierarchy that a hybrid machine has too.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { mounts } from '../mounts/mount.ts';
import { membership } from './membership.ts';
import { CgroupV2 } from './v2.ts';

const root = mounts().find(({ fstype }) => fstype === 'cgroup2')?.mountPoint;
const parent = `/berth-linux-v2-test-${process.pid}`;
const cgroups = new CgroupV2(root ?? '/nonexistent');
const needsV2 = root === undefined ? { skip: 'no cgroup2 is mounted' } : {};

after(async () => {
  if (root !== undefined) await cgroups.remove(parent, { kill: true });
});

function family(path: string) {
  cgroups.create(path);
  // Forks all the while it runs, as what is to be killed may.
  const child = spawn('sh', ['-c', 'read go; sleep 30 & sleep 30 & wait']);
  assert.ok(child.pid);
  cgroups.addProcess(path, child.pid);
  child.stdin.end('\n');
  return { pid: child.pid, exited: once(child, 'exit') };
}

test('a family joins, is seen from above, and is killed with its cgroup', needsV2, async () => {
  const path = `${parent}/pod/container`;
  const { pid, exited } = family(path);
  assert.equal(membership(pid)?.get(''), path);
  await until('all three are there', () => cgroups.processes(parent).length === 3);
  await assert.rejects(cgroups.remove(`${parent}/pod`, { timeoutMs: 20 }), { code: 'EBUSY' });
  await cgroups.remove(`${parent}/pod`, { kill: true });
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  assert.ok(!cgroups.exists(`${parent}/pod`));
});

test('frozen processes are killed too', needsV2, async () => {
  const path = `${parent}/frozen`;
  const { exited } = family(path);
  const directory = cgroups.directory(path);
  writeFileSync(join(directory, 'cgroup.freeze'), '1');
  await until('it is frozen', () =>
    readFileSync(join(directory, 'cgroup.events'), 'utf8').includes('frozen 1'),
  );
  await cgroups.remove(path, { kill: true });
  assert.deepEqual(await exited, [null, 'SIGKILL']);
});

test('CPU time and pressure are read without any controller', needsV2, async () => {
  const path = `${parent}/usage`;
  cgroups.create(path);
  const child = spawn('sh', ['-c', 'read go; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done']);
  assert.ok(child.pid);
  cgroups.addProcess(path, child.pid);
  child.stdin.end('\n');
  await once(child, 'exit');
  const usage = cgroups.usage(path);
  assert.ok(usage !== undefined && usage.cpuNanoseconds > 10_000_000n, `${usage?.cpuNanoseconds}`);
  const details = cgroups.details(path);
  const time = (details?.cpu.userNanoseconds ?? 0n) + (details?.cpu.systemNanoseconds ?? 0n);
  assert.ok(time > 10_000_000n && time < 2n * usage.cpuNanoseconds);
  const hasPressure = existsSync(join(cgroups.directory(path), 'cpu.pressure'));
  assert.equal(usage.cpuPressure?.some !== undefined, hasPressure);
});

test('a limit whose controller is missing says so', needsV2, (context) => {
  const path = `${parent}/limit`;
  cgroups.create(path);
  if (cgroups.controllers.has('memory')) return context.skip('this machine has the controller');
  assert.throws(
    () => cgroups.apply(path, { memoryLimit: 4096 }),
    /memory\.max.*its controller is not enabled/,
  );
});
