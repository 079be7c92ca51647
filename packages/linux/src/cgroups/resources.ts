/** An integer: bigint in CRI messages, number in manifests. */
export type Integer = number | bigint;

/**
 * Limits in the terms of the OCI runtime spec, which are those of cgroup v1. An absent field, or 0 in the CPU and memory
 * fields, leaves the present value.
 */
export interface CgroupResources {
  /** Relative weight, 2 to 262144, by default 1024. */
  cpuShares?: Integer;
  /** Microseconds of CPU time per period; -1 for no limit. */
  cpuQuota?: Integer;
  /** Microseconds, 1,000 to 1,000,000, by default 100,000. */
  cpuPeriod?: Integer;
  /** Bytes; -1 for no limit. */
  memoryLimit?: Integer;
  /** Bytes of memory and swap together; -1 for no limit. */
  memorySwap?: Integer;
  /** Number of tasks; -1 for no limit. */
  pids?: Integer;
  /** CPUs as a list, e.g. `0-3,7`. */
  cpusetCpus?: string;
  /** Memory nodes as a list, e.g. `0`. */
  cpusetMems?: string;
  /** Limits in bytes by page size, e.g. `2MB`. */
  hugepages?: readonly { pageSize: string; limit: Integer }[];
  /** Contents of cgroup v2 files by name, written last and as they are; refused on cgroup v1. */
  unified?: Readonly<Record<string, string>>;
}

/** A write to one file of a cgroup. */
export interface ControlFile {
  controller: string;
  file: string;
  value: string;
  /** Ignore a missing file: without it the kernel behaves as requested anyway. */
  optional?: boolean;
}

/** An invalid limit; the message names the field. */
export class CgroupResourceError extends Error {
  override readonly name = 'CgroupResourceError';
}

/** Accepts a page size only in the kernel's form, because it becomes part of a file name. */
export function checkedPageSize(pageSize: string): string {
  if (!/^[1-9]\d*[KMG]B$/.test(pageSize)) {
    throw new CgroupResourceError(`hugepages: ${JSON.stringify(pageSize)} is not a page size such as 2MB`);
  }
  return pageSize;
}

/** -1 means no limit; other negative numbers are invalid. */
export function refuseNegative(resources: CgroupResources): void {
  for (const field of ['cpuShares', 'cpuQuota', 'cpuPeriod', 'memoryLimit', 'memorySwap', 'pids'] as const) {
    const value = resources[field];
    if (value !== undefined && value < (field === 'cpuShares' || field === 'cpuPeriod' ? 0 : -1)) {
      throw new CgroupResourceError(`${field}: ${value} is not a limit`);
    }
  }
}
