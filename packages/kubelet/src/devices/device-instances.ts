// Devices one by one, as monitoring is told of them: each with one NUMA node, and one of several nodes with each of them.
// Pure.
import { type Allocation, noNumaNode } from './allocations.ts';
import type { DeviceList } from './device-list.ts';

/** A device of a resource. */
export interface DeviceInstance {
  resource: string;
  id: string;
  /** In decimal; undefined when its plugin names none. */
  numaNode: string | undefined;
}

/** The devices that a container has, by resource. */
export function allocatedInstances(allocations: ReadonlyMap<string, Allocation>): DeviceInstance[] {
  return [...allocations].flatMap(([resource, { deviceIds }]) =>
    Object.entries(deviceIds).flatMap(([node, ids]) =>
      ids.map((id) => ({ resource, id, numaNode: node === noNumaNode ? undefined : node })),
    ),
  );
}

/** The healthy devices of plugins, by resource. */
export function healthyInstances(lists: ReadonlyMap<string, DeviceList>): DeviceInstance[] {
  return [...lists].flatMap(([resource, devices]) =>
    [...devices]
      .filter(([, { isHealthy }]) => isHealthy)
      .flatMap(([id, { numaNodes }]) =>
        (numaNodes.length > 0 ? numaNodes : [undefined]).map((numaNode) => ({ resource, id, numaNode })),
      ),
  );
}
