// `status.capacity` and `status.allocatable` of a node.
import { formatQuantity, parseQuantity, type Quantity } from '@berth/common/quantity.ts';

type Amounts = ReadonlyMap<string, bigint>;
type ResourceList = Readonly<Record<string, string>>;

/** What the node has, in billionths of a core, byte or piece. */
export interface ResourceFacts {
  capacity: Amounts;
  /** What pods can have of that. */
  allocatable: Amounts;
  maxPods: number;
}

const billion = 1_000_000_000n;

/** These amounts with the devices of plugins: all of each resource, and those that pods can have, which are healthy. */
export function withDevices(
  facts: ResourceFacts,
  devices: ReadonlyMap<string, { capacity: number; allocatable: number }>,
): ResourceFacts {
  const amounts = (kind: 'capacity' | 'allocatable'): Amounts =>
    new Map([
      ...facts[kind],
      ...[...devices].map(([name, counts]) => [name, BigInt(counts[kind]) * billion] as const),
    ]);
  return { ...facts, capacity: amounts('capacity'), allocatable: amounts('allocatable') };
}

/** Resources in the amounts that no node reports. */
const unreported: ReadonlySet<string> = new Set(['pid']);

/**
 * Both lists. What others put on the node stays: resources of its capacity that this kubelet does not know are
 * allocatable, and extended ones that are allocatable and no longer in its capacity go.
 */
export function nodeResources(
  { capacity = {}, allocatable = {} }: { capacity?: ResourceList; allocatable?: ResourceList },
  facts: ResourceFacts,
): { capacity: Record<string, string>; allocatable: Record<string, string> } {
  const own = new Map([...facts.capacity].filter(([name]) => !unreported.has(name)));
  own.set('pods', BigInt(facts.maxPods) * billion);
  const newCapacity: Record<string, string> = { ...capacity, ...texts(own) };
  const kept = Object.entries(allocatable).filter(
    ([name]) => name in newCapacity || !isExtendedResource(name),
  );
  const possible = new Map([...own].map(([name, amount]) => [name, facts.allocatable.get(name) ?? amount]));
  return {
    capacity: newCapacity,
    allocatable: { ...Object.fromEntries(kept), ...newCapacity, ...texts(possible) },
  };
}

function texts(amounts: Amounts): Record<string, string> {
  return Object.fromEntries(
    [...amounts].map(([name, nanos]) => [name, formatQuantity({ nanos, format: formatOf(name) })]),
  );
}

function formatOf(name: string): Quantity['format'] {
  return name === 'memory' || name.startsWith('hugepages-') ? 'BinarySI' : 'DecimalSI';
}

/** Whether the resource is neither Kubernetes' own nor a quota: `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}

/** Whether both lists have the same amounts, however these are written. */
export function isSameResources(a: ResourceList = {}, b: ResourceList = {}): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [left, right] = [a[name], b[name]];
      if (left === undefined || right === undefined) return false;
      return left === right || parseQuantity(left).nanos === parseQuantity(right).nanos;
    })
  );
}
