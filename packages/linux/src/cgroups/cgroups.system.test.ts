import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { mounts } from '../mounts/mount.ts';
import { detectCgroups } from './detect.ts';
import { membership } from './membership.ts';

const cgroups = detectCgroups();
const parent = `/berth-linux-test-${process.pid}`;
const { version } = cgroups;

after(async () => {
  await cgroups.remove(parent, { kill: true });
  for (const { mountPoint, fstype } of mounts()) {
    if (fstype === 'cgroup' || fstype === 'cgroup2') assert.ok(!existsSync(join(mountPoint, parent)));
  }
});

function content(path: string, controller: string, file: string): string {
  const directory = cgroups.directory(path, controller);
  assert.ok(directory);
  return readFileSync(join(directory, file), 'utf8').trim();
}

async function sleeperIn(path: string) {
  const child = spawn('sleep', ['30']);
  assert.ok(child.pid);
  cgroups.addProcess(path, child.pid);
  return { pid: child.pid, exited: once(child, 'exit') };
}

test(`cgroup ${version}: create, join, limit, see, remove`, async () => {
  const path = `${parent}/a/b`;
  cgroups.create(path);
  cgroups.create(path);
  assert.ok(cgroups.exists(path));
  const { pid, exited } = await sleeperIn(path);
  assert.deepEqual(cgroups.processes(parent), [pid]);
  const memberOf = membership(pid);
  assert.equal(memberOf?.get('memory') ?? memberOf?.get(''), path);
  cgroups.apply(path, {
    cpuShares: 512,
    cpuPeriod: 50_000,
    cpuQuota: 25_000,
    memoryLimit: 64n << 20n,
    pids: 12,
    cpusetCpus: '0',
    cpusetMems: '0',
  });
  assert.equal(content(path, 'pids', 'pids.max'), '12');
  assert.equal(content(path, 'cpuset', 'cpuset.cpus'), '0');
  const usage = cgroups.usage(path);
  assert.ok(usage && usage.memoryBytes < 64n << 20n && usage.pids === 1);
  assert.equal(usage.memoryLimitBytes, 64n << 20n);
  assert.equal(cgroups.oomKillCount(path), 0);
  await assert.rejects(cgroups.remove(`${parent}/a`, { timeoutMs: 50 }), {
    code: 'EBUSY',
    message: new RegExp(`still holds 1 process.*${pid}`),
  });
  await cgroups.remove(`${parent}/a`, { kill: true });
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  assert.ok(!cgroups.exists(`${parent}/a`));
  await cgroups.remove(`${parent}/a`);
  assert.equal(cgroups.usage(path), undefined);
  assert.equal(cgroups.oomKillCount(path), undefined);
});

test(`cgroup ${version}: a move that is expected moves nothing by itself`, async () => {
  const before = membership(process.pid);
  const own = [...(before ?? [])].flatMap(([controller, path]) => cgroups.directory(path, controller) ?? []);
  const watched = own.map((directory) => watch(join(directory, 'cgroup.procs')));
  const written = Promise.race(watched.map((each) => once(each, 'change')));
  using _move = cgroups.startRcuGracePeriod();
  await written;
  for (const each of watched) each.close();
  assert.deepEqual(membership(process.pid), before);
});

test(`cgroup ${version}: limits go up and down in one step each`, () => {
  const path = `${parent}/order`;
  cgroups.create(path);
  for (const mebibytes of [64n, 256n, 16n, 1024n]) {
    cgroups.apply(path, { memoryLimit: mebibytes << 20n, memorySwap: mebibytes << 20n });
    assert.equal(cgroups.usage(path)?.memoryLimitBytes, mebibytes << 20n);
  }
  cgroups.apply(path, { memoryLimit: -1 });
  assert.equal(cgroups.usage(path)?.memoryLimitBytes, undefined);
});

test(`cgroup ${version}: a removal waits for the end of what runs`, async () => {
  const path = `${parent}/wait`;
  cgroups.create(path);
  const { pid, exited } = await sleeperIn(path);
  setTimeout(() => process.kill(pid), 30);
  await cgroups.remove(path, { timeoutMs: 60_000 });
  assert.ok(!cgroups.exists(path));
  assert.deepEqual(await exited, [null, 'SIGTERM']);
});

test(`cgroup ${version}: refused limits name the file and the value`, () => {
  const path = `${parent}/refused`;
  cgroups.create(path);
  assert.throws(() => cgroups.apply(path, { cpusetCpus: '9999' }), /cpuset\.cpus: .*writing "9999"/);
  assert.throws(() => cgroups.apply(path, { hugepages: [{ pageSize: '3MB', limit: 1 }] }), /hugetlb/);
  assert.throws(() => cgroups.apply(`${parent}/absent`, { pids: 1 }), { code: 'ENOENT' });
});

test(`cgroup ${version}: processes killed for want of memory are counted`, async () => {
  const path = `${parent}/oom`;
  cgroups.create(`${path}/child`);
  cgroups.apply(path, { memoryLimit: 8n << 20n, memorySwap: 8n << 20n });
  const hungry = spawn('sh', ['-c', 'read go; exec tail /dev/zero']);
  assert.ok(hungry.pid);
  cgroups.addProcess(`${path}/child`, hungry.pid);
  hungry.stdin.end('\n');
  assert.deepEqual(await once(hungry, 'exit'), [null, 'SIGKILL']);
  assert.equal(cgroups.oomKillCount(path), 1);
});

const freezer = cgroups.directory(parent, 'freezer');
const needsFreezer =
  version !== 'v2' && freezer !== undefined ? {} : { skip: 'no freezer controller of cgroup v1' };
test('cgroup v1: frozen processes are killed too', needsFreezer, async () => {
  const path = `${parent}/frozen`;
  cgroups.create(path);
  const { exited } = await sleeperIn(path);
  writeFileSync(join(cgroups.directory(path, 'freezer') ?? '', 'freezer.state'), 'FROZEN');
  await cgroups.remove(path, { kill: true });
  assert.deepEqual(await exited, [null, 'SIGKILL']);
});
