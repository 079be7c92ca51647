// Lists of resources, as Kubernetes adds them up.
import { formatQuantity, parseQuantity, type Quantity } from '@berth/common/quantity.ts';
import { eachContainer } from '../api/each-container.ts';
import type { Container, Pod, PodSpec } from '../api/pod.ts';
import { podLimits, podRequests } from '../api/pod-totals.ts';

/** Quantities by resource. */
export type ResourceList = Readonly<Record<string, string>>;

/** What a pod requests or limits in total, with its overhead, in the format in which the pod first names the resource. */
export function podTotals(pod: Pick<Pod, 'spec'>, kind: 'requests' | 'limits'): ResourceList {
  const amounts = (kind === 'requests' ? podRequests : podLimits)(pod, { overhead: true });
  const formats = formatsOf(pod.spec);
  return Object.fromEntries(
    [...amounts].map(([name, nanos]) => [
      name,
      formatQuantity({ nanos, format: formats.get(name) ?? 'DecimalSI' }),
    ]),
  );
}

function formatsOf(spec: PodSpec): Map<string, Quantity['format']> {
  const containers = eachContainer<Container>(spec).map(({ container }) => container.resources);
  const lists = [spec.resources ?? {}, ...containers].flatMap(({ requests, limits }) => [requests, limits]);
  const named = [...lists, spec.overhead].flatMap((list) => Object.entries(list ?? {}));
  // The first one counts, so it is set last.
  return new Map(named.reverse().map(([name, quantity]) => [name, parseQuantity(quantity).format]));
}

/** Thousandths of a core as a quantity. */
export function milliQuantity(millis: number): string {
  return formatQuantity({ nanos: BigInt(millis) * 1_000_000n, format: 'DecimalSI' });
}

/** Bytes as a quantity with a binary suffix. */
export function byteQuantity(bytes: bigint): string {
  return formatQuantity({ nanos: bytes * 1_000_000_000n, format: 'BinarySI' });
}
