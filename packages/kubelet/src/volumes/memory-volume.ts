// The size of a volume in memory. Pure.
import { bytes } from '@berth/common/quantity.ts';
import type { Pod } from '../api/pod.ts';

/** Limits of volumes in memory on this node. */
export interface MemoryVolumes {
  /** The node's memory for pods: the maximum size of a volume. */
  memoryBytes: number;
  /** Whether the kernel can keep a tmpfs out of swap. */
  noswap: boolean;
}

/**
 * Options of a tmpfs. Its size is the minimum of the node's memory for pods, `sizeLimit`, and the sum of the
 * containers' memory limits if each container has one.
 */
export function memoryVolumeOptions(
  pod: Pod,
  sizeLimit: string | undefined,
  { memoryBytes, noswap }: MemoryVolumes,
): string {
  const limits = pod.spec.containers.map((container) => bytes(container.resources.limits?.memory ?? 0));
  const together = limits.includes(0n) ? 0n : limits.reduce((sum, limit) => sum + limit, 0n);
  const own = sizeLimit === undefined ? 0n : bytes(sizeLimit);
  const size = [together, own].filter((each) => each > 0n).reduce(least, BigInt(memoryBytes));
  return ['mode=1777', `size=${size}`, ...(noswap ? ['noswap'] : [])].join(',');
}

function least(a: bigint, b: bigint): bigint {
  return b < a ? b : a;
}
