import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import { parseMembership } from '@berth/linux/cgroups/membership.ts';
import { testPod } from '../testing/pod.ts';
import { criUsage, sumOfUsage } from './cri-usage.ts';
import { ephemeralStorage, spaceOn, together, wholeFs } from './file-stats.ts';
import { Instant } from './instant.ts';
import { networkStats } from './network-stats.ts';
import { accountedCgroup, taskCount } from './node-readings.ts';
import type { Summary } from './stats-api.ts';
import { statsJson } from './stats-json.ts';
import { parseMeminfo, rootReading, usageStats } from './usage-stats.ts';
import { measuredVolumes } from './volume-kinds.ts';

const noPressure = { total: 0n, avg10: 0, avg60: 0, avg300: 0 };
const reading: CgroupReading = {
  at: 5_000_000_000n,
  nanoCores: 7n,
  usage: {
    cpuNanoseconds: 100n,
    memoryBytes: 1000n,
    workingSetBytes: 600n,
    rssBytes: 300n,
    pageFaults: 9n,
    majorPageFaults: 1n,
  },
};

test('usage of a cgroup: what is left of a limit, and zeros for what the kernel does not tell', () => {
  const time = new Instant(5_000_000_000n);
  assert.deepEqual(usageStats(reading), {
    cpu: {
      time,
      usageNanoCores: 7n,
      usageCoreNanoSeconds: 100n,
      psi: { full: noPressure, some: noPressure },
    },
    memory: {
      time,
      availableBytes: undefined,
      usageBytes: 1000n,
      workingSetBytes: 600n,
      rssBytes: 300n,
      pageFaults: 9n,
      majorPageFaults: 1n,
      psi: { full: noPressure, some: noPressure },
    },
    io: { time, psi: { full: noPressure, some: noPressure } },
    swap: { time, swapAvailableBytes: undefined, swapUsageBytes: 0n },
  });
  const line = { totalNanoseconds: 3n, avg10: 1.5, avg60: 0, avg300: 0 };
  const limited = usageStats({
    ...reading,
    nanoCores: undefined,
    usage: {
      ...reading.usage,
      memoryLimitBytes: 500n,
      swapLimitBytes: 10n,
      swapBytes: 4n,
      cpuPressure: { some: line },
    },
  });
  assert.equal(limited.cpu.usageNanoCores, 0n);
  assert.deepEqual(limited.cpu.psi, {
    full: noPressure,
    some: { total: 3n, avg10: 1.5, avg60: 0, avg300: 0 },
  });
  assert.equal(limited.memory.availableBytes, 0n, 'not less than nothing');
  assert.equal(limited.swap.swapAvailableBytes, 6n);
});

test('the root is limited by the machine; on v2 it does not tell its memory', () => {
  const machine = parseMeminfo(
    'MemTotal:       2000 kB\nSwapTotal:      50 kB\nSwapFree:       20 kB\nHugetlb:        1000 kB\n',
  );
  assert.deepEqual(machine, {
    totalBytes: 2_048_000n,
    hugepageBytes: 1_024_000n,
    swapTotalBytes: 51_200n,
    swapFreeBytes: 20_480n,
  });
  const v1 = rootReading(reading, machine, undefined).usage;
  assert.deepEqual(
    [v1.memoryBytes, v1.memoryLimitBytes, v1.swapLimitBytes, v1.swapBytes],
    [1000n, 1_024_000n, 51_200n, undefined],
  );
  const v2 = rootReading(reading, machine, { cacheBytes: 500n, inactiveFileBytes: 200n }).usage;
  assert.deepEqual([v2.memoryBytes, v2.workingSetBytes, v2.swapBytes], [800n, 600n, 30_720n]);
});

const fs = {
  time: Instant.ofMs(2000),
  totalBytes: 100n,
  usedBytes: 40n,
  availableBytes: 55n,
  totalInodes: 10n,
  usedInodes: 4n,
  freeInodes: 6n,
};

test('file systems, and what a pod takes of one', () => {
  assert.equal(wholeFs(fs).usedBytes, 40n);
  assert.deepEqual(spaceOn(undefined, undefined), {
    time: null,
    availableBytes: undefined,
    capacityBytes: undefined,
    usedBytes: undefined,
    inodesFree: undefined,
    inodes: undefined,
    inodesUsed: undefined,
  });
  assert.deepEqual(together(fs.time, [undefined]), { time: fs.time });
  const startTime = Instant.ofMs(0);
  const layer = spaceOn(fs, { time: Instant.ofMs(3000), bytes: 1n, inodes: 1n });
  const logs = spaceOn(fs, { time: Instant.ofMs(1000), bytes: 2n, inodes: 1n });
  const sum = ephemeralStorage(
    fs,
    [
      { name: 'a', startTime, rootfs: layer, logs },
      { name: 'without a layer', startTime, logs },
    ],
    [undefined, { time: Instant.ofMs(0), bytes: 4n }],
  );
  assert.deepEqual([sum.usedBytes, sum.inodesUsed, sum.time?.ms], [7n, 2n, 3000]);
});

test('the default interface is eth0, and the virtual ones of the node are not shown', () => {
  const counters = (name: string) => {
    const [rxBytes, txBytes] = [1n, 2n];
    const none = { rxPackets: 0n, rxErrors: 0n, rxDropped: 0n, txPackets: 0n, txErrors: 0n, txDropped: 0n };
    return { name, rxBytes, txBytes, ...none };
  };
  const found = networkStats(Instant.ofMs(0), ['lo', 'eth0', 'veth1', 'Docker0', 'br0'].map(counters));
  assert.deepEqual(
    [found.name, found.rxBytes, found.interfaces.map(({ name }) => name)],
    ['eth0', 1n, ['eth0', 'br0']],
  );
  const other = networkStats(Instant.ofMs(0), [counters('ens3')]);
  assert.deepEqual([other.name, other.rxBytes], ['', undefined]);
});

test("without a pod's cgroup, the runtime's figures of its containers add up", () => {
  const now = Instant.ofMs(1000);
  const told = criUsage(
    {
      cpu: {
        timestamp: 9n,
        usageCoreNanoSeconds: { value: 5n },
        usageNanoCores: undefined,
        psi: { Full: undefined, Some: { Total: 1n, Avg10: 2, Avg60: 3, Avg300: 4 } },
      },
    },
    now,
  );
  assert.deepEqual(told.cpu, {
    time: new Instant(9n),
    usageNanoCores: 0n,
    usageCoreNanoSeconds: 5n,
    psi: { full: noPressure, some: { total: 1n, avg10: 2, avg60: 3, avg300: 4 } },
  });
  assert.equal(told.memory.time, now);
  assert.equal(sumOfUsage([]), undefined);
  assert.equal(sumOfUsage([told, told])?.cpu.usageCoreNanoSeconds, 10n);
});

test('volumes that are measured, and that count as ephemeral storage', () => {
  const pod = testPod({
    containers: [{ name: 'c' }],
    volumes: [
      { name: 'disk', emptyDir: {} },
      { name: 'memory', emptyDir: { medium: 'Memory' } },
      { name: 'map', configMap: { name: 'm' } },
      { name: 'secret', secret: { secretName: 's' } },
      { name: 'server', nfs: { server: 's', path: '/' } },
      { name: 'lun', iscsi: { targetPortal: 'p', iqn: 'iqn.2026-11.dev.berth:t', lun: 0 } },
      { name: 'host', hostPath: { path: '/' } },
    ],
  });
  assert.deepEqual(
    measuredVolumes(pod).map((each) => [each.name, each.directory, each.isEphemeral, each.isRemote]),
    [
      ['disk', 'kubernetes.io~empty-dir', true, false],
      ['memory', 'kubernetes.io~empty-dir', false, false],
      ['map', 'kubernetes.io~configmap', true, false],
      ['secret', 'kubernetes.io~secret', false, false],
      ['server', 'kubernetes.io~nfs', false, true],
      ['lun', 'kubernetes.io~iscsi', false, true],
    ],
  );
});

test('tasks of the machine', () => {
  assert.equal(taskCount('1.36 3.49 4.53 2/3518 3715089\n'), 3518);
  assert.equal(taskCount('nonsense'), undefined);
});

for (const [what, text, path] of [
  ['v2', '0::/system.slice/kubelet.service', '/system.slice/kubelet.service'],
  ['v1', '4:memory:/a\n2:cpu,cpuacct:/a\n0::/', '/a'],
  ['the root', '4:memory:/\n2:cpu:/\n1:name=systemd:/', '/'],
  ['a cgroup of systemd', '4:memory:/\n2:cpu:/\n1:name=systemd:/kubelet', '/kubelet'],
  ['v1 with two cgroups', '4:memory:/a\n2:cpu:/b\n1:name=systemd:/a', undefined],
] as const) {
  test(`the cgroup of a process on ${what}`, () => {
    assert.equal(accountedCgroup(parseMembership(text)), path);
  });
}

test('JSON keeps all digits of numbers, and whole seconds of times', () => {
  const time = new Instant(1_700_000_000_123_456_789n);
  const summary: Summary = {
    node: {
      nodeName: 'n',
      startTime: time,
      cpu: { time, usageCoreNanoSeconds: 12_345_678_901_234_567_890n },
    },
    pods: [],
  };
  assert.equal(
    statsJson(summary),
    `{
 "node": {
  "nodeName": "n",
  "startTime": "2023-11-14T22:13:20Z",
  "cpu": {
   "time": "2023-11-14T22:13:20Z",
   "usageCoreNanoSeconds": 12345678901234567890
  }
 },
 "pods": []
}`,
  );
});
