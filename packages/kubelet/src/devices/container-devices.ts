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
  const isSameText = (a: string, b: string): boolean => a === b;
  const isSamePath = (a: { hostPath: string }, b: { hostPath: string }): boolean => a.hostPath === b.hostPath;
  const conflict =
    (what: string) =>
    (name: string): void =>
      onConflict(what, name);
  for (const response of responses) {
    addNew(envs, Object.entries(response.envs), isSameText, conflict('environment variable'));
    addNew(annotations, Object.entries(response.annotations), isSameText, conflict('annotation'));
    addNew(mounts, byContainerPath(response.mounts), isSamePath, conflict('mount'));
    addNew(devices, byContainerPath(response.devices), isSamePath, conflict('device'));
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

function byContainerPath<Entry extends { containerPath: string }>(
  entries: readonly Entry[],
): (readonly [string, Entry])[] {
  return entries.map((entry) => [entry.containerPath, entry] as const);
}

/** Adds what has no name that is there already. */
function addNew<Value>(
  target: Map<string, Value>,
  entries: Iterable<readonly [name: string, value: Value]>,
  isSame: (known: Value, value: Value) => boolean,
  onConflict: (name: string) => void,
): void {
  for (const [name, value] of entries) {
    const known = target.get(name);
    if (known === undefined) target.set(name, value);
    else if (!isSame(known, value)) onConflict(name);
  }
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
