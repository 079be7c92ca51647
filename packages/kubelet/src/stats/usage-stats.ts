// The usage of one cgroup as statistics. Pure.
import type { CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import type { Pressure, PressureLine } from '@berth/linux/cgroups/psi.ts';
import { Instant } from './instant.ts';
import type { CpuStats, IoStats, MemoryStats, PsiData, PsiStats, SwapStats } from './stats-api.ts';

/** The parts of ContainerStats and PodStats that come from a cgroup. */
export interface UsageStats {
  cpu: CpuStats;
  memory: MemoryStats;
  io: IoStats;
  swap: SwapStats;
}

/** Before there is a second reading, the rate is 0; so is pressure that the kernel does not tell. */
export function usageStats({ at, usage, nanoCores }: CgroupReading): UsageStats {
  const time = new Instant(at);
  const swapUsed = usage.swapBytes ?? 0n;
  return {
    cpu: {
      time,
      usageNanoCores: nanoCores ?? 0n,
      usageCoreNanoSeconds: usage.cpuNanoseconds,
      psi: psiStats(usage.cpuPressure),
    },
    memory: {
      time,
      availableBytes: left(usage.memoryLimitBytes, usage.workingSetBytes),
      usageBytes: usage.memoryBytes,
      workingSetBytes: usage.workingSetBytes,
      rssBytes: usage.rssBytes,
      pageFaults: usage.pageFaults,
      majorPageFaults: usage.majorPageFaults,
      psi: psiStats(usage.memoryPressure),
    },
    io: { time, psi: psiStats(usage.ioPressure) },
    swap: { time, swapAvailableBytes: left(usage.swapLimitBytes, swapUsed), swapUsageBytes: swapUsed },
  };
}

/** Undefined without a limit. */
function left(limit: bigint | undefined, used: bigint): bigint | undefined {
  if (limit === undefined) return undefined;
  return limit > used ? limit - used : 0n;
}

function psiStats(pressure: Pressure | undefined): PsiStats {
  return { full: psiData(pressure?.full), some: psiData(pressure?.some) };
}

function psiData(line: PressureLine | undefined): PsiData {
  const { totalNanoseconds = 0n, avg10 = 0, avg60 = 0, avg300 = 0 } = line ?? {};
  return { total: totalNanoseconds, avg10, avg60, avg300 };
}

/** The machine's memory. */
export interface MachineMemory {
  readonly totalBytes: bigint;
  /** Reserved for huge pages, which are no memory for anything else. */
  readonly hugepageBytes: bigint;
  readonly swapTotalBytes: bigint;
  readonly swapFreeBytes: bigint;
}

/** Parses /proc/meminfo; a line that is missing counts as 0. */
export function parseMeminfo(text: string): MachineMemory {
  const bytes = (name: string): bigint =>
    BigInt(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024n;
  return {
    totalBytes: bytes('MemTotal'),
    hugepageBytes: bytes('Hugetlb'),
    swapTotalBytes: bytes('SwapTotal'),
    swapFreeBytes: bytes('SwapFree'),
  };
}

/**
 * The reading of the root cgroup, which is limited by the machine. `cache` is its page cache on cgroup v2, whose root
 * does not tell how much memory is used.
 */
export function rootReading(
  reading: CgroupReading,
  machine: MachineMemory,
  cache: { cacheBytes: bigint; inactiveFileBytes: bigint } | undefined,
): CgroupReading {
  const { totalBytes, hugepageBytes, swapTotalBytes, swapFreeBytes } = machine;
  const { usage } = reading;
  const used = cache && {
    memoryBytes: usage.rssBytes + cache.cacheBytes,
    workingSetBytes: usage.rssBytes + cache.cacheBytes - cache.inactiveFileBytes,
    swapBytes: swapTotalBytes - swapFreeBytes,
  };
  const limits = { memoryLimitBytes: totalBytes - hugepageBytes, swapLimitBytes: swapTotalBytes };
  return { ...reading, usage: { ...usage, ...used, ...limits } };
}
