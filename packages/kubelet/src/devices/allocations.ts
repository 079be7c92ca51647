// Which container has which devices, in memory.
import type { ContainerAllocateResponse } from '../generated/device-plugin.ts';

/** The NUMA node of devices without one. */
export const noNumaNode = '-1';

/** Devices of one resource that a container has. */
export interface Allocation {
  /** Their ids by NUMA node, in decimal; `-1` has those without one. */
  deviceIds: Readonly<Record<string, readonly string[]>>;
  /** What the plugin has answered. */
  response: ContainerAllocateResponse;
}

/** Where an allocation belongs. */
export interface AllocationKey {
  pod: string;
  container: string;
  resource: string;
}

/** The ids of the devices. */
export function idsOf({ deviceIds }: Allocation): Set<string> {
  return new Set(Object.values(deviceIds).flat());
}

type ByResource = Map<string, Allocation>;

/** Allocations by pod, container and resource. */
export class Allocations {
  readonly #pods = new Map<string, Map<string, ByResource>>();

  get({ pod, container, resource }: AllocationKey): Allocation | undefined {
    return this.#pods.get(pod)?.get(container)?.get(resource);
  }

  /** Those of a container, by resource. */
  ofContainer(pod: string, container: string): ReadonlyMap<string, Allocation> {
    return this.#pods.get(pod)?.get(container) ?? new Map();
  }

  set({ pod, container, resource }: AllocationKey, allocation: Allocation): void {
    const containers = this.#pods.get(pod) ?? new Map<string, ByResource>();
    this.#pods.set(pod, containers);
    const resources: ByResource = containers.get(container) ?? new Map();
    containers.set(container, resources);
    resources.set(resource, allocation);
  }

  /** Frees what a pod has. Returns whether it had anything. */
  delete(pod: string): boolean {
    return this.#pods.delete(pod);
  }

  /** The UIDs of the pods that have devices. */
  pods(): string[] {
    return [...this.#pods.keys()];
  }

  /** Every allocation with its place. */
  *entries(): Generator<AllocationKey & { allocation: Allocation }> {
    for (const [pod, containers] of this.#pods) {
      for (const [container, resources] of containers) {
        for (const [resource, allocation] of resources) yield { pod, container, resource, allocation };
      }
    }
  }

  /** The devices of a resource that containers have. */
  inUse(resource: string): Set<string> {
    const used = new Set<string>();
    for (const each of this.entries()) {
      if (each.resource === resource) for (const id of idsOf(each.allocation)) used.add(id);
    }
    return used;
  }
}
