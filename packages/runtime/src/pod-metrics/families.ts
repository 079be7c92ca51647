// cAdvisor's metrics, by the names of the groups in which CRI-O's included_pod_metrics selects them.
import type { DeviceIo } from '@berth/linux/cgroups/details.ts';
import type { Pressure } from '@berth/linux/cgroups/psi.ts';
import { type ContainerReadings, counter, gauge, type MetricFamily, type Sample, seconds } from './family.ts';
import { specFamilies } from './spec-families.ts';

/** Reported whatever groups are selected. */
export const alwaysFamilies = [
  gauge('container_last_seen', 'Unix time at which the container was last looked at.', ({ at }) =>
    seconds(at),
  ),
];

const cpu = [
  counter(
    'container_cpu_user_seconds_total',
    'CPU time spent in user mode, in seconds.',
    ({ details }) => details && seconds(details.cpu.userNanoseconds),
  ),
  counter(
    'container_cpu_system_seconds_total',
    'CPU time spent in the kernel, in seconds.',
    ({ details }) => details && seconds(details.cpu.systemNanoseconds),
  ),
  counter('container_cpu_usage_seconds_total', 'CPU time spent, in seconds.', cpuTime, ['cpu']),
  counter(
    'container_cpu_cfs_periods_total',
    'Periods of the CPU quota that have passed.',
    ({ details }) => details?.cpu.periods,
  ),
  counter(
    'container_cpu_cfs_throttled_periods_total',
    'Periods in which the CPU quota was used up.',
    ({ details }) => details?.cpu.throttledPeriods,
  ),
  counter(
    'container_cpu_cfs_throttled_seconds_total',
    'Time that the container was held back by its CPU quota, in seconds.',
    ({ details }) => details && seconds(details.cpu.throttledNanoseconds),
  ),
];

/** By CPU where the kernel says so (cgroup v1), or all together. */
function cpuTime({ usage, details }: ContainerReadings): Sample[] {
  const perCpu = details?.cpu.perCpuNanoseconds;
  if (perCpu === undefined) return [{ value: seconds(usage.cpuNanoseconds), labels: ['total'] }];
  return perCpu.flatMap((nanoseconds, index) =>
    nanoseconds > 0n
      ? [{ value: seconds(nanoseconds), labels: [`cpu${String(index).padStart(2, '0')}`] }]
      : [],
  );
}

const memory = [
  gauge('container_memory_cache', 'Page cache, in bytes.', ({ details }) => details?.memory.cacheBytes),
  gauge('container_memory_rss', 'Anonymous memory, in bytes.', ({ usage }) => usage.rssBytes),
  gauge(
    'container_memory_kernel_usage',
    'Memory of the kernel, in bytes.',
    ({ details }) => details?.memory.kernelBytes,
  ),
  gauge(
    'container_memory_mapped_file',
    'Files mapped into memory, in bytes.',
    ({ details }) => details?.memory.mappedFileBytes,
  ),
  gauge('container_memory_swap', 'Swap in use, in bytes.', ({ usage }) => usage.swapBytes),
  counter(
    'container_memory_failcnt',
    'How often the memory limit was hit.',
    ({ details }) => details?.memory.limitHits,
  ),
  gauge('container_memory_usage_bytes', 'All memory in use, in bytes.', ({ usage }) => usage.memoryBytes),
  gauge(
    'container_memory_max_usage_bytes',
    'The most memory that was in use, in bytes.',
    ({ details }) => details?.memory.peakBytes,
  ),
  gauge(
    'container_memory_working_set_bytes',
    'Memory in use less inactive page cache, in bytes.',
    ({ usage }) => usage.workingSetBytes,
  ),
  counter(
    'container_memory_failures_total',
    'Page faults.',
    ({ usage }) => [...faults('pgfault', usage.pageFaults), ...faults('pgmajfault', usage.majorPageFaults)],
    ['failure_type', 'scope'],
  ),
];

/** cAdvisor reports them for the container alone and with its descendants, which for a container is the same. */
function faults(type: string, value: bigint): Sample[] {
  return ['container', 'hierarchy'].map((scope) => ({ value, labels: [type, scope] }));
}

const hugetlb = [
  gauge(
    'container_hugetlb_usage_bytes',
    'Huge pages in use, in bytes.',
    ({ details }) => details?.hugepages.map(({ pageSize, bytes }) => ({ value: bytes, labels: [pageSize] })),
    ['pagesize'],
  ),
  gauge(
    'container_hugetlb_max_usage_bytes',
    'The most huge pages that were in use, in bytes.',
    ({ details }) =>
      details?.hugepages.flatMap(({ pageSize, peakBytes }) =>
        peakBytes === undefined ? [] : [{ value: peakBytes, labels: [pageSize] }],
      ),
    ['pagesize'],
  ),
];

const disk = [
  gauge(
    'container_fs_inodes_free',
    'Free inodes of the file system.',
    ({ filesystem }) => filesystem?.inodesFree,
  ),
  gauge(
    'container_fs_inodes_total',
    'Inodes of the file system.',
    ({ filesystem }) => filesystem?.inodesTotal,
  ),
  gauge(
    'container_fs_limit_bytes',
    'Size of the file system, in bytes.',
    ({ filesystem }) => filesystem?.limitBytes,
  ),
  gauge(
    'container_fs_usage_bytes',
    'What the writable layer takes, in bytes.',
    ({ filesystem }) => filesystem?.usedBytes,
  ),
];

const diskIO = [
  deviceCounter('container_fs_reads_bytes_total', 'Bytes read.', 'Read', ({ bytes }) => bytes),
  deviceCounter('container_fs_reads_total', 'Reads.', 'Read', ({ count }) => count),
  deviceCounter('container_fs_writes_bytes_total', 'Bytes written.', 'Write', ({ bytes }) => bytes),
  deviceCounter('container_fs_writes_total', 'Writes.', 'Write', ({ count }) => count),
  counter(
    'container_blkio_device_usage_total',
    'Bytes that went to and from a device.',
    ({ details, devicePath }) =>
      details?.io.map((io) => ({
        value: io.bytes,
        labels: [devicePath(io), String(io.major), String(io.minor), io.operation.toLowerCase()],
      })),
    ['device', 'major', 'minor', 'operation'],
  ),
];

function deviceCounter(name: string, help: string, wanted: string, value: (io: DeviceIo) => bigint) {
  const samples = ({ details, devicePath }: ContainerReadings): Sample[] | undefined =>
    details?.io
      .filter(({ operation }) => operation === wanted)
      .map((io) => ({ value: value(io), labels: [devicePath(io)] }));
  return counter(name, help, samples, ['device']);
}

const oom = [
  counter(
    'container_oom_events_total',
    'Processes that were killed for want of memory.',
    ({ oomKills }) => oomKills,
  ),
];

const process = [
  gauge('container_file_descriptors', 'Open files.', ({ processes }) => processes?.files),
  gauge('container_processes', 'Processes.', ({ processes }) => processes?.processes),
  gauge('container_sockets', 'Open sockets.', ({ processes }) => processes?.sockets),
  gauge('container_threads', 'Threads.', ({ usage }) => usage.pids),
  gauge(
    'container_threads_max',
    'The most threads that there may be; 0 for no limit.',
    ({ details }) => details && (details.pidsLimit ?? 0n),
  ),
  gauge(
    'container_ulimits_soft',
    'Soft limits of the first process.',
    ({ processes }) =>
      processes?.filesLimit === undefined
        ? undefined
        : [{ value: processes.filesLimit, labels: ['max_open_files'] }],
    ['ulimit'],
  ),
];

const pressure = [
  ...pressureCounters('cpu', 'a CPU', ({ usage }) => usage.cpuPressure),
  ...pressureCounters('memory', 'memory', ({ usage }) => usage.memoryPressure),
  ...pressureCounters('io', 'I/O', ({ usage }) => usage.ioPressure),
];

function pressureCounters(
  resource: string,
  about: string,
  of: (readings: ContainerReadings) => Pressure | undefined,
) {
  const total = (readings: ContainerReadings, line: keyof Pressure): bigint | undefined => {
    const nanoseconds = of(readings)?.[line]?.totalNanoseconds;
    return nanoseconds === undefined ? undefined : seconds(nanoseconds);
  };
  return [
    counter(
      `container_pressure_${resource}_stalled_seconds_total`,
      `Time that all tasks waited for ${about}, in seconds.`,
      (readings) => total(readings, 'full'),
    ),
    counter(
      `container_pressure_${resource}_waiting_seconds_total`,
      `Time that at least one task waited for ${about}, in seconds.`,
      (readings) => total(readings, 'some'),
    ),
  ];
}

/** Metrics of containers by group. */
export const containerFamilies = {
  cpu,
  hugetlb,
  memory,
  oom,
  process,
  spec: specFamilies,
  disk,
  diskIO,
  pressure,
} as const satisfies Record<string, readonly MetricFamily<ContainerReadings>[]>;
