// Reads what the kernel limits: processes, and memory in huge pages.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import type { KernelLimits } from './allocatable.ts';

const folder = '/sys/kernel/mm/hugepages';

/** The limits of this kernel now. */
export function kernelLimits(): KernelLimits {
  const maxima = ['/proc/sys/kernel/pid_max', '/proc/sys/kernel/threads-max'].map((path) => numberIn(path));
  return { pids: Math.min(...maxima), hugepages: new Map(pageFolders().map(sizeAndBytes)) };
}

function pageFolders(): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** `hugepages-2048kB` is the folder of pages of 2Mi. */
function sizeAndBytes(name: string): [size: string, bytes: number] {
  const kibibytes = Number(/\d+/.exec(name)?.[0] ?? 0);
  const units = ['Ki', 'Mi', 'Gi'];
  let [size, unit] = [kibibytes, 0];
  for (; size % 1024 === 0 && unit < units.length - 1; unit++) size /= 1024;
  return [`${size}${units[unit]}`, kibibytes * 1024 * numberIn(join(folder, name, 'nr_hugepages'))];
}

function numberIn(path: string): number {
  return Number(readFileSync(path, 'utf8'));
}
