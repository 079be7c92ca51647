// Current usage of a cgroup, parsed from the files of v1 and v2 into one shape.
import { isUnlimited, keyedNumber, limitBytes, numberIn } from './keyed-file.ts';
import { type Pressure, parsePressure } from './psi.ts';

/** Usage of a cgroup and its descendants. */
export interface CgroupUsage {
  /** CPU time since the creation of the cgroup. */
  cpuNanoseconds: bigint;
  /** Charged memory, page cache included. */
  memoryBytes: bigint;
  /** The working set: memory less inactive page cache; what eviction counts. */
  workingSetBytes: bigint;
  /** Anonymous memory. */
  rssBytes: bigint;
  /** Absent without a limit. */
  memoryLimitBytes?: bigint;
  /** Absent when the kernel does not account swap. */
  swapBytes?: bigint;
  /** Of swap alone; absent without a limit. */
  swapLimitBytes?: bigint;
  pageFaults: bigint;
  majorPageFaults: bigint;
  /** Tasks; absent without the pids controller. */
  pids?: number;
  /** Absent on cgroup v1, and where the kernel does not account pressure. */
  cpuPressure?: Pressure;
  memoryPressure?: Pressure;
  ioPressure?: Pressure;
}

/** The text of a cgroup's file without its last newline; `undefined` when there is none. */
export type ReadFile = (controller: string, file: string) => string | undefined;

/** Usage from the files of cgroup v1; `undefined` when there are none. */
export function v1Usage(read: ReadFile): CgroupUsage | undefined {
  const cpu = read('cpuacct', 'cpuacct.usage');
  const memory = read('memory', 'memory.stat');
  if (cpu === undefined && memory === undefined) return undefined;
  // Without a hierarchical limit there is no need to read the cgroup's own.
  const inherited = keyedNumber(memory, 'hierarchical_memory_limit');
  const limit =
    inherited !== undefined && isUnlimited(inherited)
      ? undefined
      : limitBytes(read('memory', 'memory.limit_in_bytes'));
  const swap = keyedNumber(memory, 'total_swap');
  // v1 limits memory and swap together, not swap alone.
  const both = limit === undefined ? undefined : limitBytes(read('memory', 'memory.memsw.limit_in_bytes'));
  return {
    cpuNanoseconds: numberIn(cpu) ?? 0n,
    ...memoryUsage(numberIn(read('memory', 'memory.usage_in_bytes')) ?? 0n, {
      inactiveFile: keyedNumber(memory, 'total_inactive_file'),
      anonymous: keyedNumber(memory, 'total_rss'),
      faults: keyedNumber(memory, 'total_pgfault'),
      majorFaults: keyedNumber(memory, 'total_pgmajfault'),
    }),
    ...present({
      memoryLimitBytes: limit,
      swapBytes: swap,
      swapLimitBytes: limit === undefined || both === undefined ? undefined : less(both, limit),
      pids: pidsIn(read('pids', 'pids.current')),
    }),
  };
}

/** Usage from the files of cgroup v2; `undefined` when there are none. */
export function v2Usage(read: ReadFile): CgroupUsage | undefined {
  const cpu = read('cpu', 'cpu.stat');
  const memory = read('memory', 'memory.stat');
  if (cpu === undefined && memory === undefined) return undefined;
  return {
    cpuNanoseconds: (keyedNumber(cpu, 'usage_usec') ?? 0n) * 1000n,
    ...memoryUsage(numberIn(read('memory', 'memory.current')) ?? 0n, {
      inactiveFile: keyedNumber(memory, 'inactive_file'),
      anonymous: keyedNumber(memory, 'anon'),
      faults: keyedNumber(memory, 'pgfault'),
      majorFaults: keyedNumber(memory, 'pgmajfault'),
    }),
    ...present({
      memoryLimitBytes: limitBytes(read('memory', 'memory.max')),
      swapBytes: numberIn(read('memory', 'memory.swap.current')),
      swapLimitBytes: limitBytes(read('memory', 'memory.swap.max')),
      pids: pidsIn(read('pids', 'pids.current')),
      cpuPressure: parsePressure(read('cpu', 'cpu.pressure')),
      memoryPressure: parsePressure(read('memory', 'memory.pressure')),
      ioPressure: parsePressure(read('io', 'io.pressure')),
    }),
  };
}

interface MemoryStat {
  readonly inactiveFile: bigint | undefined;
  readonly anonymous: bigint | undefined;
  readonly faults: bigint | undefined;
  readonly majorFaults: bigint | undefined;
}

function memoryUsage(memoryBytes: bigint, stat: MemoryStat) {
  return {
    memoryBytes,
    workingSetBytes: less(memoryBytes, stat.inactiveFile ?? 0n),
    rssBytes: stat.anonymous ?? 0n,
    pageFaults: stat.faults ?? 0n,
    majorPageFaults: stat.majorFaults ?? 0n,
  };
}

/** `a` - `b`, at least 0: the kernel's counters are read at slightly different times. */
function less(a: bigint, b: bigint): bigint {
  return a > b ? a - b : 0n;
}

function pidsIn(text: string | undefined): number | undefined {
  const count = numberIn(text);
  return count === undefined ? undefined : Number(count);
}

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** Removes undefined fields. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  const kept: Present<Fields> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) kept[key] = value as Present<Fields>[typeof key];
  }
  return kept;
}
