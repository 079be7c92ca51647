// Pods in cgroups that systemd makes. Runs in the virtual machine of test/vm.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { systemdDriver } from '@berth/linux/cgroups/systemd-driver.ts';
import { testCgroupDriver } from '@berth/test-support/cgroup-driver.ts';
import { isolated, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

const options = testCgroupDriver === 'systemd' ? {} : { skip: 'BERTH_TEST_CGROUP_DRIVER is not systemd' };
const cgroupRoot = '/sys/fs/cgroup';
const memoryLimit = 32n << 20n;

let node: TestNode;
let pods: PodCalls;
before(async () => {
  if (options.skip !== undefined) return;
  node = await TestNode.start('rt-systemd');
  pods = new PodCalls(node);
});
after(async () => {
  if (options.skip !== undefined) return;
  await node[Symbol.asyncDispose]();
  assert.deepEqual(units(), [], 'systemd still has units of ours');
});

const call = () => node.client.runtime;

const slicePrefix = 'berth_test_rt_systemd';

/** Units of this test's containers and pods that systemd has in whatever state. */
function units(): string[] {
  const args = ['list-units', '--all', '--plain', '--no-legend', 'berth-*.scope', `${slicePrefix}*`];
  return execFileSync('systemctl', args, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => {
      const [unit = ''] = line.split(' ');
      // Other tests have scopes too.
      return unit.startsWith(slicePrefix) || (unit !== '' && property(unit, 'Slice').startsWith(slicePrefix));
    });
}

function property(unit: string, name: string): string {
  return execFileSync('systemctl', ['show', '--value', '-p', name, unit], { encoding: 'utf8' }).trim();
}

function limited(oom = false): object {
  const resources = {
    memoryLimitInBytes: memoryLimit,
    cpuShares: 512n,
    ...(oom ? {} : { cpuQuota: 50_000n }),
  };
  return { linux: { resources, securityContext: { namespaceOptions: isolated } } };
}

for (const handler of ['crun', 'runc']) {
  test(
    `${handler}: a container is a delegated scope in its pod's slice, and both go with them`,
    options,
    async () => {
      const sandbox = await pods.runPod(`scope-${handler}`, {}, handler);
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], limited());
      const scope = `berth-${container}.scope`;
      const path = readFileSync(`/proc/${await pods.pidOf(container)}/cgroup`, 'utf8').trim();
      assert.ok(path.startsWith(`0::${node.config.cgroupParent}/${scope}`), path);
      assert.equal(property(scope, 'ActiveState'), 'active');
      assert.equal(property(scope, 'Delegate'), 'yes');
      assert.equal(property(scope, 'MemoryMax'), String(memoryLimit));
      const file = (name: string) =>
        readFileSync(join(cgroupRoot, node.config.cgroupParent, scope, name), 'utf8').trim();
      assert.equal(file('memory.max'), String(memoryLimit));
      assert.equal(file('cpu.max'), '50000 100000');
      // What another unit's start or a reload makes systemd write again is still the same.
      execFileSync('systemctl', ['daemon-reload']);
      assert.equal(file('memory.max'), String(memoryLimit));
      assert.equal(await pods.shell(container, 'echo in'), 'in');

      await call().stopContainer({ containerId: container, timeout: 0n });
      assert.equal((await pods.statusOf(container)).exitCode, 137);
      await until(async () => property(scope, 'ActiveState') === 'inactive');
      await pods.removePod(sandbox);
      assert.deepEqual(units(), []);
      assert.ok(!existsSync(join(cgroupRoot, node.config.cgroupParent)));
    },
  );

  test(`${handler}: an OOM kill is told, though its scope is gone at once`, options, async () => {
    const sandbox = await pods.runPod(`oom-${handler}`, {}, handler);
    const eat = ['/bin/sh', '-c', 'x=a; while true; do x=$x$x; done'];
    const container = await pods.startContainer(sandbox, eat, limited(true));
    await until(async () => (await pods.statusOf(container)).state === 2);
    const { reason, exitCode } = await pods.statusOf(container);
    assert.deepEqual([reason, exitCode], ['OOMKilled', 137]);
    await pods.removePod(sandbox);
    assert.deepEqual(units(), []);
  });
}

test('a slice that the kubelet made stays when its pod goes', options, async () => {
  using driver = systemdDriver(detectCgroups());
  const slice = '/berth_test_rt_systemdkubelet.slice';
  await driver.create(slice, { pids: 50 });
  const linux = { cgroupParent: slice, securityContext: { namespaceOptions: isolated } };
  const sandbox = await pods.runPod('kubelet', { linux });
  await pods.startContainer(sandbox, ['/bin/sleep', '600']);
  await pods.removePod(sandbox);
  assert.equal(readFileSync(join(cgroupRoot, slice, 'pids.max'), 'utf8'), '50\n');
  await driver.remove(slice);
  assert.deepEqual(units(), []);
});

test('a shared PID namespace: the init has a scope too', options, async () => {
  const namespaceOptions = { ...isolated, pid: NamespaceMode.POD };
  const linux = { cgroupParent: '', securityContext: { namespaceOptions } };
  const sandbox = await pods.runPod('shared', { linux });
  await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
    linux: { securityContext: { namespaceOptions } },
  });
  assert.equal(property(`berth-${sandbox}.scope`, 'ActiveState'), 'active');
  await pods.removePod(sandbox);
  assert.deepEqual(units(), []);
});

test(
  'containers go on in their scopes while berthd is away, and an end meanwhile is found',
  options,
  async () => {
    const sandbox = await pods.runPod('away');
    const stays = await pods.startContainer(sandbox, ['/bin/sleep', '600']);
    const ends = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
      metadata: { name: 'ends', attempt: 0 },
    });
    const pid = await pods.pidOf(ends);
    await node.close();
    process.kill(pid, 'SIGKILL');
    await until(async () => property(`berth-${ends}.scope`, 'ActiveState') === 'inactive');
    await node.open();
    assert.equal((await pods.statusOf(ends)).exitCode, 137);
    assert.equal((await pods.statusOf(stays)).state, 1);
    await pods.removePod(sandbox);
    assert.deepEqual(units(), []);
  },
);
