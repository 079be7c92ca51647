// Applies the CDI devices that a container requests to its config.json. container/spec.ts calls it after ociSpec().

import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { ContainerConfig } from '@berth/cri/generated/api.ts';
import { splitDevice } from '@berth/linux/files/mknod.ts';
import type { LinuxDevice, LinuxDeviceCgroup, Process, Spec } from '@berth/oci/runtime-spec/config.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { requestedDevices } from './names.ts';
import { type CdiRegistry, readCdiRegistry } from './registry.ts';
import type { CdiDeviceNode, ContainerEdits } from './spec.ts';

/** Adds the CDI devices that a container requests to config.json. Error texts are those of the CDI library. */
export async function withCdiDevices(
  spec: Spec,
  config: Pick<ContainerConfig, 'CDIDevices' | 'annotations'>,
  { directories, log }: { directories: readonly string[]; log: Logger },
): Promise<Spec> {
  const names = requestedDevices(config);
  if (names.length === 0) return spec;
  const registry = await readCdiRegistry(directories);
  for (const problem of registry.problems) log.warning(`CDI: ${problem}`);
  const edits = editsOf(names, registry);
  try {
    const nodes = await Promise.all(edits.flatMap(({ deviceNodes }) => deviceNodes).map(completeNode));
    return applyEdits(spec, edits, nodes);
  } catch (error) {
    const problem = `CDI device injection failed: failed to inject devices: ${messageWithCauses(error)}`;
    throw new RuntimeError('FAILED_PRECONDITION', problem);
  }
}

/** The edits of the devices in order; the edits of a specification precede those of its first device. */
export function editsOf(names: readonly string[], { devices }: CdiRegistry): ContainerEdits[] {
  const missing = names.filter((name) => !devices.has(name));
  if (missing.length > 0) {
    throw new RuntimeError(
      'NOT_FOUND',
      `CDI device injection failed: unresolvable CDI devices ${missing.join(', ')}`,
    );
  }
  const specs = new Set();
  return names.flatMap((name) => {
    const device = devices.get(name);
    if (device === undefined) return [];
    const isFirst = !specs.has(device.spec);
    specs.add(device.spec);
    return isFirst ? [device.spec.edits, device.edits] : [device.edits];
  });
}

/** A complete device node, and its rule for the device cgroup. */
export interface CompleteNode {
  readonly device: LinuxDevice;
  readonly permissions: string | undefined;
}

/** Completes a device node from the host's device. */
async function completeNode(node: CdiDeviceNode): Promise<CompleteNode> {
  const { hostPath = node.path, permissions, ...device } = node;
  const { type } = device;
  const isSpecified = type !== undefined && (type === 'p' || device.major !== undefined);
  let stats: Stats;
  try {
    stats = await lstat(hostPath);
  } catch (error) {
    if (type !== undefined && isSpecified) return { device: { ...device, type }, permissions };
    throw new Error(`failed to stat CDI host device "${hostPath}": ${messageWithCauses(error)}`);
  }
  const fileMode = device.fileMode ?? stats.mode & 0o7777;
  if (type !== undefined && isSpecified) return { device: { ...device, type, fileMode }, permissions };
  const hostType = deviceType(stats);
  if (hostType === undefined)
    throw new Error(`failed to stat CDI host device "${hostPath}": not a device node`);
  if (type !== undefined && type !== hostType && !(type === 'u' && hostType === 'c')) {
    throw new Error(`CDI device ("${node.path}", "${hostPath}"), host type mismatch (${type}, ${hostType})`);
  }
  // The specification's numbers win, even where it leaves out the type.
  const numbers = hostType === 'p' || device.major !== undefined ? {} : splitDevice(stats.rdev);
  return { device: { ...device, type: hostType, fileMode, ...numbers }, permissions };
}

function deviceType(stats: Stats): 'b' | 'c' | 'p' | undefined {
  if (stats.isBlockDevice()) return 'b';
  if (stats.isCharacterDevice()) return 'c';
  return stats.isFIFO() ? 'p' : undefined;
}

/** Applies edits to config.json. A later edit replaces an earlier one, or the request's, at the same place. */
export function applyEdits(
  spec: Spec,
  edits: readonly ContainerEdits[],
  nodes: readonly CompleteNode[],
): Spec {
  const { process, linux = {}, mounts = [], hooks = {} } = spec;
  const owned = nodes.map((node) => withOwner(node, process));
  const newMounts = edits.flatMap((each) => each.mounts);
  const netDevices = Object.fromEntries(
    edits.flatMap((each) => each.netDevices).map(({ host, name }) => [host, { name }]),
  );
  const intelRdt = edits.findLast((each) => each.intelRdt !== undefined)?.intelRdt;
  const newHooks = { ...hooks };
  for (const { name, hook } of edits.flatMap((each) => each.hooks)) {
    newHooks[name] = [...(newHooks[name] ?? []), hook];
  }
  return {
    ...spec,
    ...(process === undefined ? {} : { process: editProcess(process, edits) }),
    mounts: lastOfEach([...mounts, ...newMounts], ({ destination }) => destination).sort(
      (one, other) => depth(one.destination) - depth(other.destination),
    ),
    ...(Object.keys(newHooks).length === 0 ? {} : { hooks: newHooks }),
    linux: {
      ...linux,
      ...(intelRdt === undefined ? {} : { intelRdt }),
      ...(Object.keys(netDevices).length === 0 ? {} : { netDevices: { ...linux.netDevices, ...netDevices } }),
      devices: lastOfEach(
        [...(linux.devices ?? []), ...owned.map(({ device }) => device)],
        ({ path }) => path,
      ),
      resources: {
        ...linux.resources,
        devices: [...(linux.resources?.devices ?? []), ...owned.flatMap(deviceRule)],
      },
    },
  };
}

function editProcess(process: Process, edits: readonly ContainerEdits[]): Process {
  const env = [...(process.env ?? []), ...edits.flatMap((each) => each.env)];
  const gids = edits.flatMap(({ additionalGids }) => additionalGids).filter((gid) => gid !== 0);
  return {
    ...process,
    env: lastOfEach(env, (entry) => entry.slice(0, entry.indexOf('='))),
    user: {
      ...process.user,
      additionalGids: [...new Set([...(process.user.additionalGids ?? []), ...gids])],
    },
  };
}

/** Sets the container's user as the owner of a node without one. */
function withOwner({ device, permissions }: CompleteNode, process: Process | undefined): CompleteNode {
  const { uid = 0, gid = 0 } = process?.user ?? {};
  const owner = { ...(uid > 0 ? { uid } : {}), ...(gid > 0 ? { gid } : {}) };
  return { device: { ...owner, ...device }, permissions };
}

function deviceRule({ device, permissions = 'rwm' }: CompleteNode): LinuxDeviceCgroup[] {
  const { type, major, minor } = device;
  if ((type !== 'b' && type !== 'c') || permissions === 'none') return [];
  return [
    { allow: true, type, access: permissions, ...(major === undefined ? {} : { major, minor: minor ?? 0 }) },
  ];
}

/** Keeps the last of the items with the same key, at its own place. */
function lastOfEach<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  const last = new Map(items.map((item, index) => [key(item), index]));
  return items.filter((item, index) => last.get(key(item)) === index);
}

function depth(destination: string): number {
  return destination.split('/').filter((part) => part !== '').length;
}
