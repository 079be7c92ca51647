// The resources and host ports that admitted pods use.

import { type Pod, podKey } from '../api/pod.ts';
import { podRequests } from '../api/pod-totals.ts';
import { hostPortsOf } from './host-ports-of.ts';

/** The sums over admitted pods. */
export class NodeUsage {
  readonly #pods: Pod[] = [];
  readonly #resources = new Map<string, bigint>();
  readonly #ports = new Map<string, string>();

  /** Counts these pods. */
  constructor(pods: Iterable<Pod> = []) {
    for (const pod of pods) this.add(pod);
  }

  /** The pods. */
  get pods(): readonly Pod[] {
    return this.#pods;
  }

  /** How much of a resource is requested, in billionths of a core, byte or piece. */
  of(resource: string): bigint {
    return this.#resources.get(resource) ?? 0n;
  }

  /** The `namespace/name` of the pod that has each host port, by the keys of `hostPortsOf`. */
  get ports(): ReadonlyMap<string, string> {
    return this.#ports;
  }

  /** Counts a pod. */
  add(pod: Pod): void {
    this.#pods.push(pod);
    for (const [resource, amount] of podRequests(pod, { overhead: true })) {
      this.#resources.set(resource, this.of(resource) + amount);
    }
    for (const port of hostPortsOf(pod)) this.#ports.set(port, podKey(pod));
  }
}
