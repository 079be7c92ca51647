// The cgroup figures that only metrics need, parsed from the files of v1 and v2.
import { keyedNumber, limitBytes, numberIn } from './keyed-file.ts';
import { present, type ReadFile } from './usage.ts';

/** Figures of a cgroup and its descendants that CgroupUsage omits. */
export interface CgroupDetails {
  cpu: {
    userNanoseconds: bigint;
    systemNanoseconds: bigint;
    /** CPU time by CPU number; absent on cgroup v2. */
    perCpuNanoseconds?: readonly bigint[];
    /** Elapsed periods of the CPU quota, and those that were throttled. */
    periods: bigint;
    throttledPeriods: bigint;
    throttledNanoseconds: bigint;
    /** Periods in which more than the quota was used (cpu.cfs_burst_us), and the time above it. */
    burstPeriods: bigint;
    burstNanoseconds: bigint;
  };
  memory: {
    cacheBytes: bigint;
    mappedFileBytes: bigint;
    activeFileBytes: bigint;
    inactiveFileBytes: bigint;
    /** Page cache that is to be written, and that is being written; 0 on cgroup v1, as are the counts below. */
    dirtyBytes: bigint;
    writebackBytes: bigint;
    pagesScanned: bigint;
    pagesReclaimed: bigint;
    /** Pages that were read again soon after they had been reclaimed. */
    fileRefaults: bigint;
    anonymousRefaults: bigint;
    /** Times that usage was above `memory.high`, or was about to exceed `memory.max`. */
    highEvents: bigint;
    maxEvents: bigint;
    /** Absent when the kernel does not report it. */
    kernelBytes?: bigint;
    peakBytes?: bigint;
    /** Times that usage hit the limit. */
    limitHits?: bigint;
  };
  hugepages: readonly HugepageUsage[];
  io: readonly DeviceIo[];
  /** Most tasks; absent without a limit. */
  pidsLimit?: bigint;
}

export interface HugepageUsage {
  /** As in file names, e.g. `2MB`. */
  readonly pageSize: string;
  readonly bytes: bigint;
  /** Absent on cgroup v2. */
  readonly peakBytes?: bigint;
}

/** One kind of operation on one block device. */
export interface DeviceIo {
  readonly major: number;
  readonly minor: number;
  /** `Read` or `Write`; on cgroup v1 also `Sync`, `Async`, `Discard` and `Total`. */
  readonly operation: string;
  readonly bytes: bigint;
  readonly count: bigint;
}

/** Details from the files of cgroup v1; `undefined` when there are none. `perCpu`: with CPU time by CPU. */
export function v1Details(
  read: ReadFile,
  pageSizes: readonly string[],
  perCpu = true,
): CgroupDetails | undefined {
  const user = read('cpuacct', 'cpuacct.usage_user');
  const stat = read('memory', 'memory.stat');
  if (user === undefined && stat === undefined) return undefined;
  const cpuTimes = perCpu ? read('cpuacct', 'cpuacct.usage_percpu') : undefined;
  const cpu = read('cpu', 'cpu.stat');
  return {
    cpu: {
      userNanoseconds: numberIn(user) ?? 0n,
      systemNanoseconds: numberIn(read('cpuacct', 'cpuacct.usage_sys')) ?? 0n,
      ...present({ perCpuNanoseconds: cpuTimes === undefined ? undefined : numbersIn(cpuTimes) }),
      periods: keyedNumber(cpu, 'nr_periods') ?? 0n,
      throttledPeriods: keyedNumber(cpu, 'nr_throttled') ?? 0n,
      throttledNanoseconds: keyedNumber(cpu, 'throttled_time') ?? 0n,
      burstPeriods: keyedNumber(cpu, 'nr_bursts') ?? 0n,
      burstNanoseconds: keyedNumber(cpu, 'burst_time') ?? 0n,
    },
    memory: {
      cacheBytes: keyedNumber(stat, 'total_cache') ?? 0n,
      mappedFileBytes: keyedNumber(stat, 'total_mapped_file') ?? 0n,
      activeFileBytes: keyedNumber(stat, 'total_active_file') ?? 0n,
      inactiveFileBytes: keyedNumber(stat, 'total_inactive_file') ?? 0n,
      dirtyBytes: 0n,
      writebackBytes: 0n,
      pagesScanned: 0n,
      pagesReclaimed: 0n,
      fileRefaults: 0n,
      anonymousRefaults: 0n,
      highEvents: 0n,
      maxEvents: 0n,
      ...present({
        kernelBytes: numberIn(read('memory', 'memory.kmem.usage_in_bytes')),
        peakBytes: numberIn(read('memory', 'memory.max_usage_in_bytes')),
        limitHits: numberIn(read('memory', 'memory.failcnt')),
      }),
    },
    hugepages: pageSizes.flatMap((pageSize) =>
      hugepageUsage(pageSize, {
        bytes: read('hugetlb', `hugetlb.${pageSize}.usage_in_bytes`),
        peak: read('hugetlb', `hugetlb.${pageSize}.max_usage_in_bytes`),
      }),
    ),
    io: v1Io(
      read('blkio', 'blkio.throttle.io_service_bytes_recursive') ?? '',
      read('blkio', 'blkio.throttle.io_serviced_recursive') ?? '',
    ),
    ...present({ pidsLimit: limitBytes(read('pids', 'pids.max')) }),
  };
}

/** Details from the files of cgroup v2; `undefined` when there are none. */
export function v2Details(read: ReadFile, pageSizes: readonly string[]): CgroupDetails | undefined {
  const cpu = read('cpu', 'cpu.stat');
  const stat = read('memory', 'memory.stat');
  if (cpu === undefined && stat === undefined) return undefined;
  const nanoseconds = (name: string): bigint => (keyedNumber(cpu, name) ?? 0n) * 1000n;
  const ofMemory = (name: string): bigint => keyedNumber(stat, name) ?? 0n;
  const events = read('memory', 'memory.events');
  return {
    cpu: {
      userNanoseconds: nanoseconds('user_usec'),
      systemNanoseconds: nanoseconds('system_usec'),
      periods: keyedNumber(cpu, 'nr_periods') ?? 0n,
      throttledPeriods: keyedNumber(cpu, 'nr_throttled') ?? 0n,
      throttledNanoseconds: nanoseconds('throttled_usec'),
      burstPeriods: keyedNumber(cpu, 'nr_bursts') ?? 0n,
      burstNanoseconds: nanoseconds('burst_usec'),
    },
    memory: {
      cacheBytes: ofMemory('file'),
      mappedFileBytes: ofMemory('file_mapped'),
      activeFileBytes: ofMemory('active_file'),
      inactiveFileBytes: ofMemory('inactive_file'),
      dirtyBytes: ofMemory('file_dirty'),
      writebackBytes: ofMemory('file_writeback'),
      pagesScanned: ofMemory('pgscan'),
      pagesReclaimed: ofMemory('pgsteal'),
      fileRefaults: ofMemory('workingset_refault_file'),
      anonymousRefaults: ofMemory('workingset_refault_anon'),
      highEvents: keyedNumber(events, 'high') ?? 0n,
      maxEvents: keyedNumber(events, 'max') ?? 0n,
      ...present({
        kernelBytes: keyedNumber(stat, 'kernel'),
        peakBytes: numberIn(read('memory', 'memory.peak')),
        limitHits: keyedNumber(events, 'max'),
      }),
    },
    hugepages: pageSizes.flatMap((pageSize) =>
      hugepageUsage(pageSize, { bytes: read('hugetlb', `hugetlb.${pageSize}.current`) }),
    ),
    io: v2Io(read('io', 'io.stat') ?? ''),
    ...present({ pidsLimit: limitBytes(read('pids', 'pids.max')) }),
  };
}

function numbersIn(text: string): bigint[] {
  return text.split(/\s+/).flatMap((word) => numberIn(word) ?? []);
}

function hugepageUsage(
  pageSize: string,
  { bytes, peak }: { bytes: string | undefined; peak?: string | undefined },
): HugepageUsage[] {
  const used = numberIn(bytes);
  return used === undefined ? [] : [{ pageSize, bytes: used, ...present({ peakBytes: numberIn(peak) }) }];
}

/** Lines `MAJOR:MINOR OPERATION NUMBER`: one file for bytes, one for operations. */
function v1Io(bytes: string, counts: string): DeviceIo[] {
  const countOf = new Map(deviceLines(counts).map(({ key, value }) => [key, value]));
  return deviceLines(bytes).map(({ key, major, minor, operation, value }) => ({
    major,
    minor,
    operation,
    bytes: value,
    count: countOf.get(key) ?? 0n,
  }));
}

function deviceLines(text: string) {
  return [...text.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm)].map(
    ([, major, minor, operation = '', value = '0']) => ({
      key: `${major}:${minor} ${operation}`,
      major: Number(major),
      minor: Number(minor),
      operation,
      value: BigInt(value),
    }),
  );
}

/** Lines `MAJOR:MINOR rbytes=N wbytes=N rios=N wios=N …`. */
function v2Io(text: string): DeviceIo[] {
  return [...text.matchAll(/^(\d+):(\d+) (.*)$/gm)].flatMap(([, major, minor, fields = '']) => {
    const values = new Map(
      [...fields.matchAll(/(\w+)=(\d+)/g)].map(([, name = '', value = '0']) => [name, BigInt(value)]),
    );
    return (['Read', 'Write'] as const).map((operation) => {
      const prefix = operation === 'Read' ? 'r' : 'w';
      return {
        major: Number(major),
        minor: Number(minor),
        operation,
        bytes: values.get(`${prefix}bytes`) ?? 0n,
        count: values.get(`${prefix}ios`) ?? 0n,
      };
    });
  });
}
