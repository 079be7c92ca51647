// Where the kubelet keeps what belongs to volumes of CSI drivers, in the real kubelet's layout.
import { join } from 'node:path';
import { deviceLink, isPathPart, pluginDirs, volumePath } from '../../paths/pod-paths.ts';
import type { DevicePlace } from '../block/map-device.ts';
import { type CsiVolume, sha256 } from './csi-volume.ts';

type Root = Parameters<typeof volumePath>[0];

/** Folder of the volumes that are staged. */
export function csiPluginDir({ rootDir }: Root): string {
  return join(rootDir, 'plugins/kubernetes.io/csi');
}

/** Folder of a volume that is staged: its data, and `globalmount`. */
export function stagedDir(roots: Root, { driver, handle }: Pick<CsiVolume, 'driver' | 'handle'>): string {
  if (driver.includes('/') || driver === '' || driver.startsWith('.')) {
    throw new Error(`${JSON.stringify(driver)} cannot be the name of a driver`);
  }
  return join(csiPluginDir(roots), driver, sha256(handle));
}

/** Where a driver stages a volume. */
export function globalMount(staged: string): string {
  return join(staged, 'globalmount');
}

/** Folder of a volume in a pod's. */
export function publishedDir(roots: Root, uid: string, specName: string): string {
  return volumePath(roots, uid, pluginDirs.csi, specName);
}

/** Where a driver publishes a volume. */
export function publishTarget(published: string): string {
  return join(published, 'mount');
}

/** Folder of the block devices of all drivers: a folder for each volume, and `staging` and `publish`. */
export function devicesDir(root: Root): string {
  return join(csiPluginDir(root), 'volumeDevices');
}

/** Folder of what the kubelet keeps of a block device: `data`, and `dev` with what is mapped. */
export function deviceDir(root: Root, specName: string): string {
  if (!isPathPart(specName)) throw new Error(`${JSON.stringify(specName)} cannot be the name of a volume`);
  return join(devicesDir(root), specName);
}

/** Folder of the data that a block device is undone by. */
export function deviceDataDir(device: string): string {
  return join(device, 'data');
}

/** Where a driver stages a block device. */
export function stagedDevice(root: Root, specName: string): string {
  return join(devicesDir(root), 'staging', specName);
}

/** Folder in which a driver publishes a block device, once for each pod. */
export function publishedDevices(root: Root, specName: string): string {
  return join(devicesDir(root), 'publish', specName);
}

/** Where a driver publishes a block device for a pod: it makes the file itself. */
export function publishedDevice(root: Root, specName: string, uid: string): string {
  return join(publishedDevices(root, specName), uid);
}

/** Where a pod has a block device. */
export function devicePlace(root: Root, specName: string, uid: string): DevicePlace {
  const globalDir = join(deviceDir(root, specName), 'dev');
  return { uid, globalDir, link: deviceLink(root, uid, pluginDirs.csi, specName) };
}
