// The families of /metrics/cadvisor about processors, memory, processes and limits. Pure.
import type { CgroupDetails } from '@berth/linux/cgroups/details.ts';
import type { CgroupLimits } from '@berth/linux/cgroups/limits.ts';
import type { Pressure } from '@berth/linux/cgroups/psi.ts';
import { counter, type FigureFamily, fixed, gauge, seconds } from './family.ts';
import type { CgroupFigures } from './figures.ts';

const life = [
  // A sandbox without a cgroup was never seen.
  gauge(
    'container_last_seen',
    'When the cgroup was last read, in seconds since 1970.',
    ({ usage, at }) => usage && Math.floor(at / 1000),
  ),
  gauge(
    'container_health_state',
    'Result of a health check of the image; -1: it has none.',
    ({ usage }) => usage && -1,
  ),
  fixed(
    'container_creation_time_seconds',
    'When the container was made, in seconds since 1970.',
    ({ usage, createdAt }) => usage && Math.floor(createdAt),
  ),
  fixed(
    'container_start_time_seconds',
    'When the cgroup was made, in seconds since 1970.',
    ({ usage, startedAt }) => usage && Math.floor(startedAt),
  ),
  counter(
    'container_oom_events_total',
    'Processes that were killed because memory ran out.',
    ({ usage, oomKills }) => usage && oomKills,
  ),
];

const cpu = [
  counter('container_cpu_user_seconds_total', 'CPU time in user mode, in seconds.', ({ details }) =>
    seconds(details?.cpu.userNanoseconds),
  ),
  counter('container_cpu_system_seconds_total', 'CPU time in the kernel, in seconds.', ({ details }) =>
    seconds(details?.cpu.systemNanoseconds),
  ),
  counter('container_cpu_usage_seconds_total', 'CPU time, in seconds.', ({ usage }) =>
    usage && usage.cpuNanoseconds > 0n ? [[{ cpu: 'total' }, Number(usage.cpuNanoseconds) / 1e9]] : [],
  ),
  quota('periods_total', 'Periods of the CPU quota that have passed.', ({ periods }) => Number(periods)),
  quota('throttled_periods_total', 'Periods in which the CPU quota was used up.', ({ throttledPeriods }) =>
    Number(throttledPeriods),
  ),
  quota('throttled_seconds_total', 'Time without CPU because of the quota.', ({ throttledNanoseconds }) =>
    seconds(throttledNanoseconds),
  ),
  quota('burst_periods_total', 'Periods in which more than the quota was used.', ({ burstPeriods }) =>
    Number(burstPeriods),
  ),
  quota('burst_seconds_total', 'CPU time above the quota, in seconds.', ({ burstNanoseconds }) =>
    seconds(burstNanoseconds),
  ),
];

/** A family that only a cgroup with a CPU quota has. */
function quota(
  name: string,
  help: string,
  value: (cpu: CgroupDetails['cpu']) => number | undefined,
): FigureFamily {
  return counter(`container_cpu_cfs_${name}`, help, ({ limits, details }) =>
    limits?.cpuQuotaMicroseconds === undefined || details === undefined ? undefined : value(details.cpu),
  );
}

const memory = [
  ofMemory('gauge', 'cache', 'Page cache.', ({ cacheBytes }) => cacheBytes),
  gauge('container_memory_rss', 'Anonymous memory.', ({ usage }) => usage?.rssBytes),
  ofMemory('gauge', 'kernel_usage', 'Memory of the kernel.', ({ kernelBytes = 0n }) => kernelBytes),
  ofMemory('gauge', 'mapped_file', 'Mapped files.', ({ mappedFileBytes }) => mappedFileBytes),
  gauge('container_memory_swap', 'Swap in use.', ({ usage }) => usage && (usage.swapBytes ?? 0n)),
  ofMemory('counter', 'failcnt', 'Times that usage hit the limit.', ({ limitHits = 0n }) => limitHits),
  gauge(
    'container_memory_usage_bytes',
    'Memory in use, page cache included.',
    ({ usage }) => usage?.memoryBytes,
  ),
  ofMemory('gauge', 'max_usage_bytes', 'Most memory that was in use.', ({ peakBytes = 0n }) => peakBytes),
  gauge(
    'container_memory_working_set_bytes',
    'Memory without inactive page cache.',
    ({ usage }) => usage?.workingSetBytes,
  ),
  ofMemory(
    'gauge',
    'total_active_file_bytes',
    'Active page cache.',
    ({ activeFileBytes }) => activeFileBytes,
  ),
  ofMemory(
    'gauge',
    'total_inactive_file_bytes',
    'Inactive page cache.',
    ({ inactiveFileBytes }) => inactiveFileBytes,
  ),
  counter('container_memory_failures_total', 'Page faults.', ({ usage }) =>
    usage === undefined
      ? undefined
      : ['container', 'hierarchy'].flatMap((scope) => [
          [{ failure_type: 'pgfault', scope }, usage.pageFaults] as const,
          [{ failure_type: 'pgmajfault', scope }, usage.majorPageFaults] as const,
        ]),
  ),
  ofMemory(
    'counter',
    'events_high_total',
    'Times that usage was above memory.high.',
    ({ highEvents }) => highEvents,
  ),
  ofMemory(
    'counter',
    'events_max_total',
    'Times that usage reached memory.max.',
    ({ maxEvents }) => maxEvents,
  ),
  ofMemory('gauge', 'file_dirty_bytes', 'Page cache to be written.', ({ dirtyBytes }) => dirtyBytes),
  ofMemory(
    'gauge',
    'file_writeback_bytes',
    'Page cache being written.',
    ({ writebackBytes }) => writebackBytes,
  ),
  ofMemory('counter', 'pgscan_total', 'Pages that were scanned.', ({ pagesScanned }) => pagesScanned),
  ofMemory('counter', 'pgsteal_total', 'Pages that were reclaimed.', ({ pagesReclaimed }) => pagesReclaimed),
  ofMemory(
    'counter',
    'workingset_refault_file_total',
    'Pages of files that were read again.',
    ({ fileRefaults }) => fileRefaults,
  ),
  ofMemory(
    'counter',
    'workingset_refault_anon_total',
    'Anonymous pages that were read again.',
    ({ anonymousRefaults }) => anonymousRefaults,
  ),
];

function ofMemory(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: (memory: CgroupDetails['memory']) => bigint,
): FigureFamily {
  const define = type === 'counter' ? counter : gauge;
  return define(`container_memory_${name}`, help, ({ details }) => details && value(details.memory));
}

const processes = [
  gauge('container_processes', 'Processes.', ({ processes }) => processes?.count),
  gauge('container_file_descriptors', 'Open files.', ({ processes }) => processes?.files),
  gauge('container_sockets', 'Open sockets.', ({ processes }) => processes?.sockets),
  gauge(
    'container_threads_max',
    'Most threads; 0: no limit.',
    ({ details }) => details && (details.pidsLimit ?? 0n),
  ),
  gauge('container_threads', 'Threads.', ({ usage }) => usage && (usage.pids ?? 0)),
  gauge('container_ulimits_soft', 'Soft limits of the first process.', ({ processes }) =>
    processes?.filesLimit === undefined ? [] : [[{ ulimit: 'max_open_files' }, processes.filesLimit]],
  ),
];

const pressure = [
  ...pressureOf('cpu', ({ usage }) => usage?.cpuPressure),
  ...pressureOf('memory', ({ usage }) => usage?.memoryPressure),
  ...pressureOf('io', ({ usage }) => usage?.ioPressure),
];

function pressureOf(resource: string, of: (figures: CgroupFigures) => Pressure | undefined): FigureFamily[] {
  return [
    counter(
      `container_pressure_${resource}_stalled_seconds_total`,
      'Time in which no task could go on.',
      (figures) => seconds(of(figures)?.full?.totalNanoseconds),
    ),
    counter(
      `container_pressure_${resource}_waiting_seconds_total`,
      'Time in which a task waited.',
      (figures) => seconds(of(figures)?.some?.totalNanoseconds),
    ),
  ];
}

const spec = [
  limit(
    'cpu_period',
    'Period of the CPU quota, in microseconds.',
    ({ cpuPeriodMicroseconds }) => cpuPeriodMicroseconds,
  ),
  limit(
    'cpu_quota',
    'CPU time in each period, in microseconds.',
    ({ cpuQuotaMicroseconds }) => cpuQuotaMicroseconds,
  ),
  limit('cpu_shares', 'CPU shares.', ({ cpuShares }) => cpuShares),
  limit('memory_limit_bytes', 'Memory limit; 0: none.', ({ memoryBytes = 0n }) => memoryBytes),
  limit('memory_swap_limit_bytes', 'Swap limit; 0: none.', ({ swapBytes = 0n }) => swapBytes),
  limit('memory_reservation_limit_bytes', 'Memory that is kept.', ({ reservedBytes = 0n }) => reservedBytes),
];

function limit(
  name: string,
  help: string,
  value: (limits: CgroupLimits) => bigint | undefined,
): FigureFamily {
  return fixed(`container_spec_${name}`, help, ({ usage, limits }) => usage && limits && value(limits));
}

/** All of them. */
export const cgroupFamilies: readonly FigureFamily[] = [
  ...life,
  ...cpu,
  ...memory,
  ...processes,
  ...pressure,
  ...spec,
];
