// The huge page sizes of this machine, as hugetlb cgroup files name them.
import { readdirSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';

let sizes: readonly string[] | undefined;

/** The huge page sizes of this kernel in the form of cgroup file names, smallest first: `2MB`, `1GB`. */
export function hugepageSizes(): readonly string[] {
  sizes ??= readSizes().map(hugepageName);
  return sizes;
}

function readSizes(): number[] {
  try {
    return readdirSync('/sys/kernel/mm/hugepages')
      .map((name) => Number(/^hugepages-(\d+)kB$/.exec(name)?.[1]))
      .filter((kibibytes) => kibibytes > 0)
      .sort((one, other) => one - other);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw asSyscallError(error);
  }
}

/** 2048 → `2MB`. */
export function hugepageName(kibibytes: number): string {
  const units = ['KB', 'MB', 'GB'];
  let size = kibibytes;
  let unit = 0;
  for (; size % 1024 === 0 && unit < units.length - 1; unit++) size /= 1024;
  return `${size}${units[unit]}`;
}
