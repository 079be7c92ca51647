// The resources and host ports that admitted pods use.

import { parseQuantity } from '@berth/common/quantity.ts';
import { type Container, type Pod, podKey } from '../api/pod.ts';
import { podTotal } from '../api/pod-total.ts';
import { hostPortsOf } from './host-ports-of.ts';

/** The resources that pods request of a node, in the order in which they are checked. */
export const countedResources = ['cpu', 'memory', 'ephemeral-storage'] as const;

/** One of them. */
export type CountedResource = (typeof countedResources)[number];

/** The sums over admitted pods. */
export class NodeUsage {
  #pods = 0;
  readonly #resources = new Map<CountedResource, bigint>();
  readonly #ports = new Map<string, string>();

  /** Number of pods. */
  get pods(): number {
    return this.#pods;
  }

  /** How much of a resource is requested, in billionths of a core or byte. */
  of(resource: CountedResource): bigint {
    return this.#resources.get(resource) ?? 0n;
  }

  /** The `namespace/name` of the pod that has each host port, by the keys of `hostPortsOf`. */
  get ports(): ReadonlyMap<string, string> {
    return this.#ports;
  }

  /** Counts a pod. */
  add(pod: Pod): void {
    this.#pods += 1;
    for (const resource of countedResources) {
      this.#resources.set(resource, this.of(resource) + requestOf(pod, resource));
    }
    for (const port of hostPortsOf(pod)) this.#ports.set(port, podKey(pod));
  }
}

/** What the pod requests in total. */
export function requestOf(pod: Pod, resource: CountedResource): bigint {
  const amount = (container: Container): bigint =>
    parseQuantity(container.resources.requests?.[resource] ?? 0).nanos;
  return podTotal(pod.spec, amount, { zero: 0n, add: (a, b) => a + b, larger });
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
