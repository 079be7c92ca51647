// What pods can have of the node's resources.
import type { NodeCapacity } from './node-facts.ts';

const billion = 1_000_000_000n;

/** The amounts for pods, in billionths of a core or byte. */
export function allocatable(capacity: NodeCapacity): ReadonlyMap<string, bigint> {
  return new Map([
    ['cpu', BigInt(capacity.cpus) * billion],
    ['memory', BigInt(capacity.memoryBytes) * billion],
    ['ephemeral-storage', BigInt(capacity.ephemeralStorageBytes) * billion],
  ]);
}
