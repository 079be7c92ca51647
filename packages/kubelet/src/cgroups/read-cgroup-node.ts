// Reads the facts of CgroupNode.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { hugepageSizes } from '@berth/linux/cgroups/hugepages.ts';
import type { ThisNode } from '../node/read-node.ts';
import { type CgroupNode, pageBytes } from './cgroup-node.ts';

/** The node's cgroups, memory and swap now. */
export function readCgroupNode({ capacity, forPods }: Pick<ThisNode, 'capacity' | 'forPods'>): CgroupNode {
  const version = detectCgroups().version === 'v2' ? 'v2' : 'v1';
  return {
    version,
    hasSwapController: hasSwapController(version),
    hugepageSizes: hugepageSizes(),
    memoryBytes: capacity.memoryBytes,
    swapBytes: swapBytes(readFileSync('/proc/meminfo', 'utf8')),
    allocatableMemoryBytes: forPods.memoryBytes,
    pageBytes,
  };
}

/** The root has no such file on cgroup v2, so this process's own cgroup shows it. */
function hasSwapController(version: CgroupNode['version']): boolean {
  if (version === 'v1') return existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes');
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
  return existsSync(join('/sys/fs/cgroup', own, 'memory.swap.max'));
}

/** Pure: the size of swap in the text of /proc/meminfo. */
export function swapBytes(meminfo: string): number {
  return Number(/^SwapTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024;
}
