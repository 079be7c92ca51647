// Limits of huge pages, by page size in the form of cgroup files (`2MB`). Pure.
import { bytes } from '@berth/common/quantity.ts';
import { containersOfKind } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';

/** A limit of one page size. */
export interface HugepageLimit {
  pageSize: string;
  /** Bytes. */
  limit: bigint;
}

/** The page size in bytes of a resource such as `hugepages-2Mi`; undefined for another resource. */
export function hugePageBytes(resource: string): bigint | undefined {
  const size = /^hugepages-(\d+[KMG]i)$/.exec(resource)?.[1];
  return size === undefined ? undefined : bytes(size);
}

/** A container's limits: 0 for each of the node's `pageSizes` that it does not ask for. */
export function containerHugepages(container: Container, pageSizes: readonly string[]): HugepageLimit[] {
  const own = limitsOf(container);
  const others = pageSizes.filter((pageSize) => !own.has(pageSize));
  return listed(new Map([...others.map((pageSize) => [pageSize, 0n] as const), ...own]));
}

/** The limits of the pod: of its containers together, or of an init container that asks for more. */
export function podHugepages(pod: Pod): HugepageLimit[] {
  const together = new Map<string, bigint>();
  for (const { container } of containersOfKind(pod.spec, 'regular')) {
    for (const [size, limit] of limitsOf(container)) together.set(size, (together.get(size) ?? 0n) + limit);
  }
  for (const { container } of containersOfKind(pod.spec, 'init')) {
    for (const [size, limit] of limitsOf(container)) {
      const before = together.get(size) ?? 0n;
      together.set(size, limit > before ? limit : before);
    }
  }
  return listed(together);
}

function limitsOf({ resources: { limits = {} } }: Container): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const [resource, quantity] of Object.entries(limits)) {
    const size = hugePageBytes(resource);
    if (size !== undefined) found.set(cgroupName(size), bytes(quantity));
  }
  return found;
}

/** 2097152n → `2MB`. */
function cgroupName(size: bigint): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let [left, unit] = [size, 0];
  for (; left % 1024n === 0n && unit < units.length - 1; unit++) left /= 1024n;
  return `${left}${units[unit]}`;
}

function listed(limits: ReadonlyMap<string, bigint>): HugepageLimit[] {
  return [...limits].map(([pageSize, limit]) => ({ pageSize, limit }));
}
