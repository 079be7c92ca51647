// The devices of a resource as its plugin lists them, and what of them a node has. Pure.
import type { AllocatedResourceStatus } from '../api/pod.ts';
import type { Device } from '../generated/device-plugin.ts';

/** A device of a plugin. */
export interface PluginDevice {
  isHealthy: boolean;
  /** Its NUMA nodes, in decimal; none when the plugin names none. */
  numaNodes: readonly string[];
}

/** Devices by their ids. */
export type DeviceList = ReadonlyMap<string, PluginDevice>;

/** How many devices there are of a resource, and how many of these are healthy. */
export interface DeviceCounts {
  capacity: number;
  allocatable: number;
}

/** Limits of what a plugin can list: plugins may be broken. */
const maxDevices = 20_000;
const maxIdLength = 1024;
const maxNumaNodes = 64;

/** The devices of a list that a plugin has sent. Of two with one id the last counts. Throws when it exceeds the limits. */
export function deviceList(devices: readonly Device[]): DeviceList {
  if (devices.length > maxDevices) throw new Error(`the plugin lists more than ${maxDevices} devices`);
  const list = new Map<string, PluginDevice>();
  for (const { ID: id, health, topology } of devices) {
    if (id.length > maxIdLength) throw new Error(`a device has an id of more than ${maxIdLength} characters`);
    const nodes = topology?.nodes ?? [];
    if (nodes.length > maxNumaNodes) throw new Error(`a device has more than ${maxNumaNodes} NUMA nodes`);
    list.set(id, {
      isHealthy: health === 'Healthy',
      numaNodes: [...new Set(nodes.map(({ ID: node }) => String(node)))],
    });
  }
  return list;
}

/** The same devices, of which none is healthy. */
export function allUnhealthy(devices: DeviceList): DeviceList {
  return new Map([...devices].map(([id, device]) => [id, { ...device, isHealthy: false }]));
}

/** The ids of the healthy devices. */
export function healthyIds(devices: DeviceList): Set<string> {
  return new Set([...devices].filter(([, { isHealthy }]) => isHealthy).map(([id]) => id));
}

/** How many devices are there, and how many of them are healthy. */
export function countsOf(devices: DeviceList): DeviceCounts {
  return { capacity: devices.size, allocatable: healthyIds(devices).size };
}

/** The health of the devices of one resource that a container has; of one that is listed no more, as last seen: healthy. */
export function deviceHealth(
  name: string,
  ids: Iterable<string>,
  devices: DeviceList | undefined,
): AllocatedResourceStatus {
  return {
    name,
    resources: [...ids].map((resourceID) => ({
      resourceID,
      health: (devices?.get(resourceID)?.isHealthy ?? true) ? 'Healthy' : 'Unhealthy',
    })),
  };
}

/** Whether both lists have the same devices in the same health. */
export function isSameHealth(a: DeviceList, b: DeviceList): boolean {
  return a.size === b.size && [...a].every(([id, { isHealthy }]) => b.get(id)?.isHealthy === isHealthy);
}
