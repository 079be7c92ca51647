// Usage of cgroups, layers and interfaces as CRI messages.
import type {
  CpuUsage,
  FilesystemUsage,
  IoUsage,
  MemoryUsage,
  NetworkInterfaceUsage,
  NetworkUsage,
  PsiData,
  PsiStats,
  SwapUsage,
  UInt64Value,
} from '@berth/cri/generated/api.ts';
import type { CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import type { Pressure, PressureLine } from '@berth/linux/cgroups/psi.ts';
import type { MeasuredUsage } from '@berth/linux/files/cached-disk-usage.ts';
import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';

/** Total CPU time, and the rate once there are two readings. */
export function cpuUsage({ at, usage, nanoCores }: CgroupReading): CpuUsage {
  return {
    timestamp: at,
    usageCoreNanoSeconds: value(usage.cpuNanoseconds),
    usageNanoCores: value(nanoCores),
    psi: psiStats(usage.cpuPressure),
  };
}

/** `availableBytes` is absent without a limit: 0, as in other runtimes, would mean "nothing left". */
export function memoryUsage({ at, usage }: CgroupReading): MemoryUsage {
  const { memoryLimitBytes: limit, workingSetBytes } = usage;
  return {
    timestamp: at,
    workingSetBytes: value(workingSetBytes),
    availableBytes: value(limit === undefined ? undefined : left(limit, workingSetBytes)),
    usageBytes: value(usage.memoryBytes),
    rssBytes: value(usage.rssBytes),
    pageFaults: value(usage.pageFaults),
    majorPageFaults: value(usage.majorPageFaults),
    psi: psiStats(usage.memoryPressure),
  };
}

/** Undefined where the kernel does not account swap. */
export function swapUsage({ at, usage }: CgroupReading): SwapUsage | undefined {
  const { swapBytes, swapLimitBytes: limit } = usage;
  if (swapBytes === undefined) return undefined;
  return {
    timestamp: at,
    swapAvailableBytes: value(limit === undefined ? undefined : left(limit, swapBytes)),
    swapUsageBytes: value(swapBytes),
  };
}

/** Undefined where the kernel does not account pressure, which is all that there is in it. */
export function ioUsage({ at, usage }: CgroupReading): IoUsage | undefined {
  const psi = psiStats(usage.ioPressure);
  return psi && { timestamp: at, psi };
}

/** A writable layer; `mountpoint` is ImageFsInfo's name of its file system. */
export function filesystemUsage(mountpoint: string, { at, bytes, inodes }: MeasuredUsage): FilesystemUsage {
  return {
    timestamp: at,
    fsId: { mountpoint },
    usedBytes: value(BigInt(bytes)),
    inodesUsed: value(BigInt(inodes)),
  };
}

/** The default interface is eth0, or else the first; undefined for a pod with only loopback. */
export function networkUsage(at: bigint, interfaces: readonly InterfaceCounters[]): NetworkUsage | undefined {
  const shown = interfaces.filter(({ name }) => name !== 'lo');
  const main = shown.find(({ name }) => name === 'eth0') ?? shown[0];
  if (main === undefined) return undefined;
  return {
    timestamp: at,
    defaultInterface: interfaceUsage(main),
    interfaces: shown.filter((each) => each !== main).map(interfaceUsage),
  };
}

function interfaceUsage(counters: InterfaceCounters): NetworkInterfaceUsage {
  return {
    name: counters.name,
    rxBytes: value(counters.rxBytes),
    rxErrors: value(counters.rxErrors),
    txBytes: value(counters.txBytes),
    txErrors: value(counters.txErrors),
  };
}

function psiStats(pressure: Pressure | undefined): PsiStats | undefined {
  return pressure && { Full: psiData(pressure.full), Some: psiData(pressure.some) };
}

function psiData(line: PressureLine | undefined): PsiData | undefined {
  if (line === undefined) return undefined;
  const { totalNanoseconds, avg10, avg60, avg300 } = line;
  return { Total: totalNanoseconds, Avg10: avg10, Avg60: avg60, Avg300: avg300 };
}

function value(number: bigint): UInt64Value;
function value(number: bigint | undefined): UInt64Value | undefined;
function value(number: bigint | undefined): UInt64Value | undefined {
  return number === undefined ? undefined : { value: number };
}

function left(limit: bigint, used: bigint): bigint {
  return limit > used ? limit - used : 0n;
}
