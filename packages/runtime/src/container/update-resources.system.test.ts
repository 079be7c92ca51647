import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type DeepPartial, LinuxContainerResources } from '@berth/cri/generated/api.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { membership } from '@berth/linux/cgroups/membership.ts';
import { until } from '@berth/test-support/until.ts';
import { failsWith, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-resources');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const cgroups = detectCgroups();
const v2 = cgroups.version === 'v2';
const MiB = 1024n ** 2n;

/** A cgroup file of a process's, by controller; the v2 name where it differs. */
function limitOf(pid: number, controller: string, v1File: string, v2File: string): string {
  const path = membership(pid)?.get(v2 ? '' : controller);
  const directory = path && cgroups.directory(path, controller);
  assert.ok(directory, `no ${controller} cgroup`);
  return readFileSync(join(directory, v2 ? v2File : v1File), 'utf8').trim();
}

function cpuOf(pid: number) {
  if (v2) return limitOf(pid, 'cpu', '', 'cpu.max');
  return `${limitOf(pid, 'cpu', 'cpu.cfs_quota_us', '')} ${limitOf(pid, 'cpu', 'cpu.cfs_period_us', '')}`;
}

/** The limit, and that of memory and swap together where swap is accounted for. */
const memoryOf = (pid: number) => limitOf(pid, 'memory', 'memory.limit_in_bytes', 'memory.max');
const oomScoreOf = (pid: number) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));

function update(containerId: string, linux: DeepPartial<LinuxContainerResources>) {
  return node.client.runtime.updateContainerResources({
    containerId,
    linux: LinuxContainerResources.fromPartial(linux),
    windows: undefined,
    annotations: {},
  });
}

for (const handler of ['crun', 'runc']) {
  test(`UpdateContainerResources reaches the kernel, the status and the row, with ${handler}`, async () => {
    const sandbox = await pods.runPod(`update-${handler}`, {}, handler);
    const resources = LinuxContainerResources.fromPartial({
      cpuPeriod: 100_000n,
      cpuQuota: 50_000n,
      cpuShares: 512n,
      memoryLimitInBytes: 64n * MiB,
      cpusetCpus: '0',
      oomScoreAdj: 500n,
      hugepageLimits: cgroups.controllers.has('hugetlb') ? [{ pageSize: '2MB', limit: 4n * MiB }] : [],
      ...(v2 ? { unified: { 'memory.high': String(48n * MiB) } } : {}),
    });
    const containerId = await pods.startContainer(sandbox, ['/bin/sh', '-c', 'sleep 600 & wait'], {
      linux: { resources, securityContext: undefined },
    });
    const pid = await pods.pidOf(containerId);
    const seen = () => ({
      cpu: cpuOf(pid),
      memory: memoryOf(pid),
      cpus: limitOf(pid, 'cpuset', 'cpuset.cpus', 'cpuset.cpus'),
      oom: oomScoreOf(pid),
      huge: cgroups.controllers.has('hugetlb')
        ? limitOf(pid, 'hugetlb', 'hugetlb.2MB.limit_in_bytes', 'hugetlb.2MB.max')
        : '4194304',
      ...(v2 ? { high: limitOf(pid, 'memory', '', 'memory.high') } : {}),
    });
    const high = (value: bigint) => (v2 ? { high: String(value) } : {});
    assert.deepEqual(seen(), {
      cpu: '50000 100000',
      memory: String(64n * MiB),
      cpus: '0',
      oom: 500,
      huge: '4194304',
      ...high(48n * MiB),
    });

    // Up, down, and in one go with the period: whatever order the kernel wants.
    for (const [limit, quota, period] of [
      [256n, 20_000n, 50_000n],
      [32n, 200_000n, 200_000n],
      [128n, 10_000n, 10_000n],
    ] as const) {
      await update(containerId, { memoryLimitInBytes: limit * MiB, cpuQuota: quota, cpuPeriod: period });
      assert.deepEqual([memoryOf(pid), cpuOf(pid)], [String(limit * MiB), `${quota} ${period}`]);
      if (!v2) {
        assert.equal(limitOf(pid, 'memory', 'memory.memsw.limit_in_bytes', ''), String(limit * MiB));
      } else {
        assert.equal(limitOf(pid, 'memory', '', 'memory.swap.max'), '0');
      }
    }
    await update(containerId, { memorySwapLimitInBytes: 160n * MiB, cpuShares: 1024n });
    assert.equal(
      limitOf(pid, 'memory', 'memory.memsw.limit_in_bytes', 'memory.swap.max'),
      String((v2 ? 32n : 160n) * MiB),
    );
    assert.equal(
      limitOf(pid, 'cpu', 'cpu.shares', 'cpu.weight'),
      v2 ? cpuWeightOf1024(handler, pid) : '1024',
    );
    await update(containerId, {
      cpuQuota: -1n,
      cpusetCpus: '0-1',
      oomScoreAdj: 700n,
      ...(cgroups.controllers.has('hugetlb') ? { hugepageLimits: [{ pageSize: '2MB', limit: 0n }] } : {}),
      ...(v2 ? { unified: { 'memory.high': String(40n * MiB) } } : {}),
    });
    assert.deepEqual(
      { ...seen(), huge: '' },
      {
        cpu: v2 ? 'max 10000' : '-1 10000',
        memory: String(128n * MiB),
        cpus: '0-1',
        oom: 700,
        huge: '',
        ...high(40n * MiB),
      },
    );
    if (cgroups.controllers.has('hugetlb')) assert.equal(seen().huge, '0');
    const everyone = cgroups.processes(membership(pid)?.get(v2 ? '' : 'memory') ?? '');
    assert.ok(everyone.length >= 2);
    assert.deepEqual([...new Set(everyone.map(oomScoreOf))], [700]);

    const told = async () => (await pods.statusOf(containerId)).resources?.linux;
    const expected = {
      ...resources,
      cpuPeriod: 10_000n,
      cpuQuota: -1n,
      cpuShares: 1024n,
      memoryLimitInBytes: 128n * MiB,
      memorySwapLimitInBytes: 160n * MiB,
      cpusetCpus: '0-1',
      oomScoreAdj: 700n,
      hugepageLimits: cgroups.controllers.has('hugetlb') ? [{ pageSize: '2MB', limit: 0n }] : [],
      unified: v2 ? { 'memory.high': String(40n * MiB) } : {},
    };
    assert.deepEqual(await told(), expected);
    await node.close();
    await node.open();
    assert.deepEqual(await told(), expected);
    assert.equal(memoryOf(pid), String(128n * MiB));

    await assert.rejects(
      update(containerId, { memoryLimitInBytes: 1024n }),
      failsWith('INVALID_ARGUMENT', /linux\.memory_limit_in_bytes: set memory limit 1024 too low/),
    );
    await assert.rejects(update(containerId, { cpusetCpus: '4095' }), failsWith('UNKNOWN', /cpuset/));
    assert.deepEqual(await told(), expected);
    await node.client.runtime.stopContainer({ containerId, timeout: 0n });
    await assert.rejects(
      update(containerId, { cpuShares: 2n }),
      failsWith('FAILED_PRECONDITION', /not in created or running state: exited/),
    );
    await pods.removePod(sandbox);
  });

  test(`memory in use cannot be taken away, and a created container can be updated, with ${handler}`, async () => {
    const sandbox = await pods.runPod(`use-${handler}`, {}, handler);
    const hungry = await pods.makeContainer(sandbox, [
      '/bin/sh',
      '-c',
      'head -c 40000000 /dev/zero | tail -c 40000000 | (sleep 600; cat)',
    ]);
    await update(hungry, { memoryLimitInBytes: 256n * MiB });
    assert.equal(memoryOf(await pods.pidOf(hungry)), String(256n * MiB));
    await node.client.runtime.startContainer({ containerId: hungry });
    const cgroup = membership(await pods.pidOf(hungry))?.get(v2 ? '' : 'memory') ?? '';
    await until('it uses memory', () => (cgroups.usage(cgroup)?.workingSetBytes ?? 0n) >= 30n * MiB);
    await assert.rejects(
      update(hungry, { memoryLimitInBytes: 16n * MiB }),
      failsWith('INVALID_ARGUMENT', /cannot decrease memory limit to 16777216 bytes: current usage is \d+/),
    );
    await pods.removePod(sandbox);
  });
}

/** Runtimes differ in how they make a weight of shares, so only its bounds are known. */
function cpuWeightOf1024(handler: string, pid: number): string {
  const weight = limitOf(pid, 'cpu', '', 'cpu.weight');
  assert.ok(['39', '100'].includes(weight), `${handler}: ${weight}`);
  return weight;
}

test('UpdatePodSandboxResources is noted, survives a restart, and refuses what is no limit', async () => {
  const podSandboxId = await pods.runPod('pod-update');
  const linux = (change: DeepPartial<LinuxContainerResources>) => LinuxContainerResources.fromPartial(change);
  const call = (id: string, change: DeepPartial<LinuxContainerResources>) =>
    node.client.runtime.updatePodSandboxResources({
      podSandboxId: id,
      overhead: linux({ memoryLimitInBytes: 10n * MiB }),
      resources: linux(change),
    });
  await call(podSandboxId, { memoryLimitInBytes: 100n * MiB, cpuShares: 2n });
  await node.close();
  await node.open();
  const { info } = await node.client.runtime.podSandboxStatus({ podSandboxId, verbose: true });
  const { config } = JSON.parse(info.info ?? '');
  assert.equal(config.linux.resources.memory_limit_in_bytes, Number(100n * MiB));
  assert.equal(config.linux.overhead.memory_limit_in_bytes, Number(10n * MiB));
  await assert.rejects(
    call(podSandboxId, { cpuShares: -5n }),
    failsWith('INVALID_ARGUMENT', /^resources\.cpu_shares/),
  );
  await assert.rejects(call('nope', {}), failsWith('NOT_FOUND', /pod "nope"/));
  await pods.removePod(podSandboxId);
});
