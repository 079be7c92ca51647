// Persistent volumes that are a block device of this node: a pod gets the device itself.
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#raw-block-volume-support
import { lstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../api/pod.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import { deviceLink, pluginDirs, podDir, volumeDevicesDir } from '../../paths/pod-paths.ts';
import {
  type DevicePlace,
  devicePath,
  mapDevice,
  removeIfEmpty,
  resolveDevice,
  unlinkDevice,
  unmapDevice,
} from '../block/map-device.ts';
import { mapStep } from '../block/map-step.ts';
import { entries } from '../pod-dir.ts';

type Root = Parameters<typeof deviceLink>[0];

/** The plugin of local volumes, by its name in metrics and paths. */
export const localPlugin = 'kubernetes.io/local-volume';

/** What these devices need of their node. */
export interface LocalDevicePorts {
  roots: Root;
  metrics: Pick<VolumeMetrics, 'operation'>;
}

/** Gives it to the pod. Throws a MapError when there is no such device. */
export async function mapLocalDevice(
  { roots, metrics }: LocalDevicePorts,
  pod: Pod,
  { name, path }: { name: string; path: string },
): Promise<{ place: DevicePlace; device: string }> {
  const place = placeOf(roots, name, pod.metadata.uid);
  const device = await metrics.operation(localPlugin, 'map_volume', async () => {
    const found = await mapStep('EvalHostSymlinks', name, () => resolveDevice(path));
    await mapStep('MapBlockVolume', name, async () => {
      if (!(await stat(found)).isBlockDevice()) {
        throw new Error(`path ${JSON.stringify(path)} is no block device, as the volumeMode Block requires`);
      }
      mapDevice(place, found);
    });
    return found;
  });
  return { place, device };
}

/** Takes all these devices from a pod, also those that an earlier kubelet has mapped. */
export async function unmapLocalDevices({ roots, metrics }: LocalDevicePorts, uid: string): Promise<void> {
  for (const name of await devicesOf(roots, uid)) {
    const place = placeOf(roots, name, uid);
    await metrics.operation(localPlugin, 'unmap_volume', async () => {
      unmapDevice(place);
      unlinkDevice(place);
    });
    await metrics.operation(localPlugin, 'unmap_device', async () => removeIfEmpty(place.globalDir));
  }
}

/** Takes the devices from pods that have no folder any more: the kubelet was killed between the two. */
export async function sweepLocalDevices(ports: LocalDevicePorts): Promise<void> {
  const folder = devicesDir(ports.roots);
  const pods = await Promise.all((await entries(folder)).map((name) => entries(join(folder, name))));
  for (const uid of new Set(pods.flat())) {
    if (!exists(podDir(ports.roots, uid))) await unmapLocalDevices(ports, uid);
  }
}

/** The names of the volumes. */
async function devicesOf(roots: Root, uid: string): Promise<string[]> {
  const mapped = (await entries(devicesDir(roots))).filter((name) =>
    exists(devicePath(placeOf(roots, name, uid))),
  );
  const linked = await entries(join(volumeDevicesDir(podDir(roots, uid)), pluginDirs.local));
  return [...new Set([...mapped, ...linked])];
}

function placeOf(roots: Root, name: string, uid: string): DevicePlace {
  const link = deviceLink(roots, uid, pluginDirs.local, name);
  return { uid, globalDir: join(devicesDir(roots), name), link };
}

function devicesDir({ rootDir }: Root): string {
  return join(rootDir, 'plugins', pluginDirs.local, 'volumeDevices');
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
