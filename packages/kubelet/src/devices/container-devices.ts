// What a container is given with its devices: the answers of all plugins together. Pure.
import type { ContainerAllocateResponse, DeviceSpec, Mount } from '../generated/device-plugin.ts';

/** What is added to the configuration of a container. */
export interface ContainerDevices {
  envs: ReadonlyMap<string, string>;
  annotations: ReadonlyMap<string, string>;
  mounts: readonly Mount[];
  devices: readonly DeviceSpec[];
  cdiDevices: readonly string[];
}

/** All that the answers say. Where two name the same thing, the first counts, and `onConflict` is told of another value. */
export function containerDevices(
  responses: Iterable<ContainerAllocateResponse>,
  onConflict: (what: string, name: string) => void,
): ContainerDevices {
  const envs = new Map<string, string>();
  const annotations = new Map<string, string>();
  const mounts = new Map<string, Mount>();
  const devices = new Map<string, DeviceSpec>();
  const cdiDevices = new Set<string>();
  for (const response of responses) {
    for (const [name, value] of Object.entries(response.envs)) {
      if ((envs.get(name) ?? value) !== value) onConflict('environment variable', name);
      else envs.set(name, value);
    }
    for (const [name, value] of Object.entries(response.annotations)) {
      if ((annotations.get(name) ?? value) !== value) onConflict('annotation', name);
      else annotations.set(name, value);
    }
    for (const mount of response.mounts) {
      const known = mounts.get(mount.containerPath) ?? mount;
      if (known.hostPath !== mount.hostPath) onConflict('mount', mount.containerPath);
      mounts.set(mount.containerPath, known);
    }
    for (const device of response.devices) {
      const known = devices.get(device.containerPath) ?? device;
      if (known.hostPath !== device.hostPath) onConflict('device', device.containerPath);
      devices.set(device.containerPath, known);
    }
    for (const { name } of response.cdiDevices) cdiDevices.add(name);
  }
  return {
    envs,
    annotations,
    mounts: [...mounts.values()],
    devices: [...devices.values()],
    cdiDevices: [...cdiDevices],
  };
}

/** The devices of plugins, and before them CDI devices of resource claims. */
export function withCdiDevices(
  names: readonly string[],
  devices: ContainerDevices | undefined,
): ContainerDevices | undefined {
  if (names.length === 0) return devices;
  const nothing = { envs: new Map(), annotations: new Map(), mounts: [], devices: [], cdiDevices: [] };
  const others = devices ?? nothing;
  return { ...others, cdiDevices: [...new Set([...names, ...others.cdiDevices])] };
}
