// The node's resources as amounts by name, as Kubernetes has them in a node's status.
import type { NodeCapacity } from './node-facts.ts';

const billion = 1_000_000_000n;

/** What the kernel limits beside the node's capacity. */
export interface KernelLimits {
  /** Number of processes and threads. */
  pids: number;
  /** Bytes in huge pages, by the size of a page such as `2Mi`. */
  hugepages: ReadonlyMap<string, number>;
}

/** The amounts that the node has, in billionths of a core, byte or process. */
export function capacityAmounts(capacity: NodeCapacity, limits: KernelLimits): ReadonlyMap<string, bigint> {
  return new Map<string, bigint>([
    ['cpu', BigInt(capacity.cpus) * billion],
    ['memory', BigInt(capacity.memoryBytes) * billion],
    ['ephemeral-storage', BigInt(capacity.ephemeralStorageBytes) * billion],
    ['pid', BigInt(limits.pids) * billion],
    ...[...limits.hugepages].map(([size, bytes]): [string, bigint] => [
      `hugepages-${size}`,
      BigInt(bytes) * billion,
    ]),
  ]);
}

/** What pods see as the node's resources: the amounts that they can request. */
export function capacityForPods(allocatable: ReadonlyMap<string, bigint>): NodeCapacity {
  const amount = (name: string): number => {
    const billionths = allocatable.get(name) ?? 0n;
    // Billionths of a few gigabytes are more than a number has digits for.
    return Number(billionths / billion) + Number(billionths % billion) / 1e9;
  };
  return {
    cpus: amount('cpu'),
    memoryBytes: amount('memory'),
    ephemeralStorageBytes: amount('ephemeral-storage'),
  };
}
