// Lists of resources, as Kubernetes adds them up.
import { formatQuantity, parseQuantity, type Quantity } from '@berth/common/quantity.ts';
import type { Container, PodSpec, ResourceRequirements } from '../api/pod.ts';

/** Quantities by resource. */
export type ResourceList = Readonly<Record<string, string>>;

/** What a pod requests or limits: its own figures where it has some, else the most that its containers have at a time. */
export function podTotals(
  spec: PodSpec & { resources?: ResourceRequirements },
  kind: 'requests' | 'limits',
): ResourceList {
  const of = ({ resources }: Container): ResourceList => resources[kind] ?? {};
  let sidecars: ResourceList = {};
  let most: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const together = added(sidecars, of(container));
    if (container.restartPolicy === 'Always') sidecars = together;
    most = larger(most, together);
  }
  const total = larger(spec.containers.map(of).reduce(added, sidecars), most);
  const own = spec.resources?.[kind] ?? {};
  const overhead = spec.overhead ?? {};
  // The overhead of a sandbox is added to limits that there are.
  const extra = Object.entries(overhead).filter(
    ([name]) => kind === 'requests' || name in { ...total, ...own },
  );
  return added({ ...total, ...own }, Object.fromEntries(extra));
}

function added(one: ResourceList, other: ResourceList): ResourceList {
  return combined(one, other, (a, b) => ({ nanos: a.nanos + b.nanos, format: a.format }));
}

function larger(one: ResourceList, other: ResourceList): ResourceList {
  return combined(one, other, (a, b) => (b.nanos > a.nanos ? b : a));
}

function combined(
  one: ResourceList,
  other: ResourceList,
  combine: (a: Quantity, b: Quantity) => Quantity,
): ResourceList {
  const result: Record<string, string> = { ...one };
  for (const [name, quantity] of Object.entries(other)) {
    const former = one[name];
    result[name] =
      former === undefined
        ? quantity
        : formatQuantity(combine(parseQuantity(former), parseQuantity(quantity)));
  }
  return result;
}

/** Thousandths of a core as a quantity. */
export function milliQuantity(millis: number): string {
  return formatQuantity({ nanos: BigInt(millis) * 1_000_000n, format: 'DecimalSI' });
}

/** Bytes as a quantity with a binary suffix. */
export function byteQuantity(bytes: bigint): string {
  return formatQuantity({ nanos: bytes * 1_000_000_000n, format: 'BinarySI' });
}
