// Reads the node's CPUs, memory and disk size for admission (node-facts.ts).
import { readFileSync, statfsSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { cpusIn } from './masked-paths.ts';
import type { NodeCapacity } from './node-facts.ts';

/** The size of this node, whose volumes are below `rootDir`. */
export function nodeCapacity(rootDir: string): NodeCapacity {
  const { blocks, bsize } = statfsOf(rootDir);
  return { cpus: onlineCpus(), memoryBytes: totalmem(), ephemeralStorageBytes: blocks * bsize };
}

/** Processors of the machine, whichever of them this process may run on. */
function onlineCpus(): number {
  return cpusIn(readFileSync('/sys/devices/system/cpu/online', 'utf8')).length;
}

/** Before the first pod the folder does not exist: use its nearest existing parent, on the same file system. */
function statfsOf(path: string): { blocks: number; bsize: number } {
  try {
    return statfsSync(path);
  } catch (error) {
    if (path === dirname(path) || !hasCode(error, 'ENOENT')) throw error;
    return statfsOf(dirname(path));
  }
}

/** Whether the kernel supports the tmpfs option noswap, and this process is root in the initial user namespace. */
export function canMountWithoutSwap(): boolean {
  return supportsNoswap(release(), readFileSync('/proc/self/uid_map', 'utf8'));
}

/** Pure: the same from the kernel's version and the text of /proc/self/uid_map. */
export function supportsNoswap(version: string, uidMap: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return isInitialUserNamespace(uidMap) && (major > 6 || (major === 6 && minor >= 4));
}

/** Pure: whether a process is in the initial user namespace, from the text of /proc/self/uid_map. */
export function isInitialUserNamespace(uidMap: string): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
}
