// The limits of a cgroup, parsed from the files of v1 and v2 into one shape.
import { limitBytes, numberIn } from './keyed-file.ts';
import { present, type ReadFile } from './usage.ts';

/** Limits as the files of a cgroup have them; 0 where there is no such file. */
export interface CgroupLimits {
  /** As cgroup v1 counts them; converted from the weight on v2. */
  readonly cpuShares: bigint;
  readonly cpuPeriodMicroseconds: bigint;
  /** Absent without a quota. */
  readonly cpuQuotaMicroseconds?: bigint;
  /** Absent without a limit, as are the following. */
  readonly memoryBytes?: bigint;
  /** On v1 of memory and swap together, on v2 of swap alone. */
  readonly swapBytes?: bigint;
  /** Memory that is kept for the cgroup: memory.min, or v1's soft limit. */
  readonly reservedBytes?: bigint;
}

/** Limits from the files of cgroup v1; `undefined` when there are none. */
export function v1Limits(read: ReadFile): CgroupLimits | undefined {
  const shares = read('cpu', 'cpu.shares');
  const memory = read('memory', 'memory.limit_in_bytes');
  if (shares === undefined && memory === undefined) return undefined;
  return {
    cpuShares: numberIn(shares) ?? 0n,
    cpuPeriodMicroseconds: numberIn(read('cpu', 'cpu.cfs_period_us')) ?? 0n,
    // -1 for no quota is no number of this parser.
    ...present({
      cpuQuotaMicroseconds: numberIn(read('cpu', 'cpu.cfs_quota_us')),
      memoryBytes: bytes(memory),
      swapBytes: bytes(read('memory', 'memory.memsw.limit_in_bytes')),
      reservedBytes: bytes(read('memory', 'memory.soft_limit_in_bytes')),
    }),
  };
}

/** Limits from the files of cgroup v2; `undefined` when there are none. */
export function v2Limits(read: ReadFile): CgroupLimits | undefined {
  const weight = read('cpu', 'cpu.weight');
  const memory = read('memory', 'memory.max');
  if (weight === undefined && memory === undefined) return undefined;
  const [quota, period] = (read('cpu', 'cpu.max') ?? '').split(' ');
  return {
    cpuShares: sharesOf(numberIn(weight)),
    cpuPeriodMicroseconds: numberIn(period) ?? 0n,
    ...present({
      cpuQuotaMicroseconds: numberIn(quota),
      memoryBytes: bytes(memory),
      swapBytes: bytes(read('memory', 'memory.swap.max')),
      reservedBytes: bytes(read('memory', 'memory.min')),
    }),
  };
}

function bytes(text: string | undefined): bigint | undefined {
  return text === undefined ? 0n : limitBytes(text);
}

/** A weight from 1 to 10,000 as shares from 2 to 262,144, as cAdvisor converts it. */
function sharesOf(weight: bigint | undefined): bigint {
  return weight === undefined || weight === 0n ? 0n : 2n + ((weight - 1n) * 262_142n) / 9_999n;
}
