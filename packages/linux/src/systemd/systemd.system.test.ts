// Against the systemd of this machine. Runs in the virtual machine of test/vm.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { detectCgroups } from '../cgroups/detect.ts';
import { systemdDriver, systemdDriverProblem } from '../cgroups/systemd-driver.ts';

const cgroups = detectCgroups();
const problem = systemdDriverProblem(cgroups);
const needsSystemd = problem === undefined ? {} : { skip: problem };
const name = `berthlinux${process.pid}`;
const parent = `/${name}.slice`;
const pod = `${parent}/${name}-pod.slice`;
const driver = systemdDriver(cgroups);

after(async () => {
  if (problem === undefined) await driver.remove(parent, { kill: true });
  driver[Symbol.dispose]();
});

function content(path: string, file: string): string {
  return readFileSync(join(cgroups.directory(path, '') ?? '', file), 'utf8').trim();
}

function unit(name: string, property: string): string {
  return execFileSync('systemctl', ['show', '--value', '-p', property, name], { encoding: 'utf8' }).trim();
}

test('slices are made with their limits, and systemd knows of both', needsSystemd, async () => {
  await driver.create(parent);
  await driver.create(pod, { memoryLimit: 64 << 20, pids: 100, cpuShares: 1024, cpuQuota: 20_000 });
  await driver.create(pod);
  assert.equal(unit(`${name}-pod.slice`, 'ActiveState'), 'active');
  assert.equal(unit(`${name}-pod.slice`, 'MemoryMax'), String(64 << 20));
  assert.equal(content(pod, 'memory.max'), String(64 << 20));
  assert.equal(content(pod, 'pids.max'), '100');
  assert.equal(content(pod, 'cpu.max'), '20000 100000');
  for (const controller of ['cpu', 'cpuset', 'memory', 'pids', 'hugetlb']) {
    assert.ok(content(pod, 'cgroup.controllers').split(' ').includes(controller), controller);
  }
});

test('limits that are changed outlive a reload of systemd', needsSystemd, async () => {
  await driver.apply(pod, { memoryLimit: 32 << 20, cpusetCpus: '0', unified: { 'memory.high': '16777216' } });
  execFileSync('systemctl', ['daemon-reload']);
  assert.equal(content(pod, 'memory.max'), String(32 << 20));
  assert.equal(content(pod, 'memory.high'), '16777216');
  assert.equal(content(pod, 'cpuset.cpus'), '0');
  assert.equal(content(pod, 'pids.max'), '100');
});

test('what lives in a slice is killed with it, and nothing is left in systemd', needsSystemd, async () => {
  const child = spawn('sh', ['-c', 'trap "" TERM; sleep 60 & wait; sleep 60']);
  const exited = once(child, 'exit');
  assert.ok(child.pid);
  const inner = `${pod}/inner`;
  cgroups.create(inner);
  cgroups.addProcess(inner, child.pid);
  const started = performance.now();
  await driver.remove(parent, { kill: true });
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  assert.ok(performance.now() - started < 30_000, 'systemd waits 90 s for a process that ignores SIGTERM');
  assert.ok(!existsSync(cgroups.directory(parent, '') ?? ''));
  assert.equal(unit(`${name}-pod.slice`, 'ActiveState'), 'inactive');
  assert.equal(unit(`${name}.slice`, 'ActiveState'), 'inactive');
  await driver.remove(parent, { kill: true });
});

test('many at once, each waits for its own job', needsSystemd, async () => {
  const slices = Array.from({ length: 20 }, (_, index) => `${parent}/${name}-n${index}.slice`);
  await Promise.all(slices.map((path) => driver.create(path, { pids: 10 })));
  for (const path of slices) assert.equal(content(path, 'pids.max'), '10');
  await Promise.all(slices.map((path) => driver.remove(path)));
  for (const path of slices) assert.ok(!cgroups.exists(path));
});
