import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig, MetricType } from '@berth/cri/generated/api.ts';
import type { CgroupDetails } from '@berth/linux/cgroups/details.ts';
import type { CgroupUsage } from '@berth/linux/cgroups/usage.ts';
import { metricGroups, selectedGroups } from '../config/pod-metric-groups.ts';
import type { Container } from '../state/container.ts';
import { containerId, sandboxId } from '../state/ids.ts';
import { alwaysFamilies, containerFamilies } from './families.ts';
import type { ContainerReadings } from './family.ts';
import { networkFamilies } from './network-families.ts';

const second = 1_000_000_000n;
const line = { totalNanoseconds: 2n * second + 1n, avg10: 0, avg60: 0, avg300: 0 };

const usage: CgroupUsage = {
  cpuNanoseconds: 12n * second,
  memoryBytes: 1000n,
  workingSetBytes: 600n,
  rssBytes: 300n,
  swapBytes: 0n,
  pageFaults: 90n,
  majorPageFaults: 9n,
  pids: 4,
  cpuPressure: { some: line, full: line },
};

const details: CgroupDetails = {
  cpu: {
    userNanoseconds: 7n * second,
    systemNanoseconds: 5n * second,
    periods: 40n,
    throttledPeriods: 7n,
    throttledNanoseconds: 3n * second,
    burstPeriods: 0n,
    burstNanoseconds: 0n,
  },
  memory: {
    cacheBytes: 500n,
    mappedFileBytes: 50n,
    activeFileBytes: 0n,
    inactiveFileBytes: 0n,
    dirtyBytes: 0n,
    writebackBytes: 0n,
    pagesScanned: 0n,
    pagesReclaimed: 0n,
    fileRefaults: 0n,
    anonymousRefaults: 0n,
    highEvents: 0n,
    maxEvents: 0n,
    kernelBytes: 8n,
    peakBytes: 1200n,
    limitHits: 3n,
  },
  hugepages: [{ pageSize: '2MB', bytes: 2_097_152n }],
  io: [
    { major: 254, minor: 0, operation: 'Read', bytes: 4096n, count: 1n },
    { major: 254, minor: 0, operation: 'Write', bytes: 8192n, count: 2n },
  ],
};

function container(config: object = {}): Container {
  return {
    id: containerId('c'.repeat(64)),
    sandboxId: sandboxId('5'.repeat(64)),
    name: 'name',
    config: ContainerConfig.fromPartial(config),
    imageId: '',
    imageRef: '',
    imageName: '',
    stopSignal: 15,
    logPath: '',
    cgroup: '',
    volumeImages: [],
    createdAt: 50n * second,
    user: undefined,
    state: { phase: 'creating' },
  };
}

const readings: ContainerReadings = {
  container: container({
    linux: { resources: { cpuShares: 512n, cpuQuota: -1n, memoryLimitInBytes: 1n << 63n, unified: {} } },
  }),
  at: 99n * second,
  usage,
  details,
  oomKills: 2,
  processes: { processes: 3, files: 11, sockets: 1, filesLimit: 1024n },
  filesystem: { usedBytes: undefined, limitBytes: 7n, inodesTotal: 6n, inodesFree: 5n },
  devicePath: () => '/dev/vda',
};

/** `NAME{LABELS} VALUE` of every sample of a group. */
function told(
  families: readonly {
    descriptor: { name: string };
    samples: (given: ContainerReadings) => readonly { value: bigint | number; labels?: readonly string[] }[];
  }[],
  given = readings,
): string[] {
  return families.flatMap(({ descriptor, samples }) =>
    samples(given).map(({ value, labels = [] }) => `${descriptor.name}{${labels}} ${value}`),
  );
}

const cases: Record<keyof typeof containerFamilies, string[]> = {
  cpu: [
    'container_cpu_user_seconds_total{} 7',
    'container_cpu_system_seconds_total{} 5',
    'container_cpu_usage_seconds_total{total} 12',
    'container_cpu_cfs_periods_total{} 40',
    'container_cpu_cfs_throttled_periods_total{} 7',
    'container_cpu_cfs_throttled_seconds_total{} 3',
  ],
  memory: [
    'container_memory_cache{} 500',
    'container_memory_rss{} 300',
    'container_memory_kernel_usage{} 8',
    'container_memory_mapped_file{} 50',
    'container_memory_swap{} 0',
    'container_memory_failcnt{} 3',
    'container_memory_usage_bytes{} 1000',
    'container_memory_max_usage_bytes{} 1200',
    'container_memory_working_set_bytes{} 600',
    'container_memory_failures_total{pgfault,container} 90',
    'container_memory_failures_total{pgfault,hierarchy} 90',
    'container_memory_failures_total{pgmajfault,container} 9',
    'container_memory_failures_total{pgmajfault,hierarchy} 9',
  ],
  hugetlb: ['container_hugetlb_usage_bytes{2MB} 2097152'],
  disk: ['container_fs_inodes_free{} 5', 'container_fs_inodes_total{} 6', 'container_fs_limit_bytes{} 7'],
  diskIO: [
    'container_fs_reads_bytes_total{/dev/vda} 4096',
    'container_fs_reads_total{/dev/vda} 1',
    'container_fs_writes_bytes_total{/dev/vda} 8192',
    'container_fs_writes_total{/dev/vda} 2',
    'container_blkio_device_usage_total{/dev/vda,254,0,read} 4096',
    'container_blkio_device_usage_total{/dev/vda,254,0,write} 8192',
  ],
  oom: ['container_oom_events_total{} 2'],
  process: [
    'container_file_descriptors{} 11',
    'container_processes{} 3',
    'container_sockets{} 1',
    'container_threads{} 4',
    'container_threads_max{} 0',
    'container_ulimits_soft{max_open_files} 1024',
  ],
  spec: [
    'container_spec_cpu_period{} 0',
    'container_spec_cpu_shares{} 512',
    'container_spec_memory_limit_bytes{} 0',
    'container_spec_memory_reservation_limit_bytes{} 0',
    'container_spec_memory_swap_limit_bytes{} 0',
    'container_start_time_seconds{} 50',
  ],
  pressure: [
    'container_pressure_cpu_stalled_seconds_total{} 2',
    'container_pressure_cpu_waiting_seconds_total{} 2',
  ],
};

for (const [group, expected] of Object.entries(cases)) {
  test(`the group ${group}`, () => {
    const families = Object.entries(containerFamilies).find(([name]) => name === group)?.[1] ?? [];
    assert.deepEqual(told(families), expected);
  });
}

test('CPU time by CPU where the kernel tells it, idle CPUs left out', () => {
  const perCpu = { ...details, cpu: { ...details.cpu, perCpuNanoseconds: [2n * second, 0n, 3n * second] } };
  assert.deepEqual(
    told(containerFamilies.cpu, { ...readings, details: perCpu }).filter((each) => each.includes('usage')),
    ['container_cpu_usage_seconds_total{cpu00} 2', 'container_cpu_usage_seconds_total{cpu02} 3'],
  );
});

test('what was not gathered is not told', () => {
  const bare: ContainerReadings = {
    container: container(),
    at: 99n * second,
    usage: { ...usage, cpuPressure: {} },
    devicePath: () => '',
  };
  assert.deepEqual(told(alwaysFamilies, bare), ['container_last_seen{} 99']);
  for (const group of ['hugetlb', 'disk', 'diskIO', 'oom', 'pressure'] as const) {
    assert.deepEqual(told(containerFamilies[group], bare), [], group);
  }
});

test('network: four counters each way, labelled with the interface', () => {
  const counters = {
    name: 'eth0',
    rxBytes: 1n,
    rxPackets: 2n,
    rxDropped: 3n,
    rxErrors: 4n,
    txBytes: 5n,
    txPackets: 6n,
    txDropped: 7n,
    txErrors: 8n,
  };
  assert.deepEqual(
    networkFamilies.flatMap(({ descriptor, samples }) =>
      samples(counters).map(({ value, labels }) => `${descriptor.name}{${labels}} ${value}`),
    ),
    [
      'container_network_receive_bytes_total{eth0} 1',
      'container_network_receive_packets_total{eth0} 2',
      'container_network_receive_packets_dropped_total{eth0} 3',
      'container_network_receive_errors_total{eth0} 4',
      'container_network_transmit_bytes_total{eth0} 5',
      'container_network_transmit_packets_total{eth0} 6',
      'container_network_transmit_packets_dropped_total{eth0} 7',
      'container_network_transmit_errors_total{eth0} 8',
    ],
  );
});

test('every sample has as many labels as its descriptor names, and totals are counters', () => {
  for (const { descriptor, samples, type } of Object.values(containerFamilies).flat()) {
    for (const { labels = [] } of samples(readings)) {
      assert.equal(descriptor.labelKeys.length, 5 + labels.length, descriptor.name);
    }
    if (descriptor.name.endsWith('_total') && !descriptor.name.includes('inodes')) {
      assert.equal(type, MetricType.COUNTER, descriptor.name);
    }
  }
});

test('selections', () => {
  assert.deepEqual([...selectedGroups([])], []);
  assert.deepEqual([...selectedGroups(['cpu', 'cpu', 'disk'])], ['cpu', 'disk']);
  assert.deepEqual([...selectedGroups(['all'])], [...metricGroups]);
});
