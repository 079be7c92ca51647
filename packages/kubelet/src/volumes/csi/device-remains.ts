// What of block devices of CSI drivers is on the disk: the next kubelet goes on from there.
import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { createLogger } from '../../klog/klog.ts';
import { podDir, podsDir } from '../../paths/pod-paths.ts';
import { devicePath } from '../block/map-device.ts';
import { entries } from '../pod-dir.ts';
import { deviceDataDir, devicePlace, devicesDir, publishedDevice, publishedDevices } from './csi-paths.ts';
import { foldersIn, loadVolumeData, type VolumeData } from './volume-data.ts';

const log = createLogger('device-remains.ts');

type Root = Parameters<typeof podsDir>[0];

/** A device that is staged, or was about to be. */
export interface StagedDevice {
  volumeMode: 'Block';
  driver: string;
  handle: string;
  specName: string;
}

/** A device that is published for a pod, or was about to be. */
export interface MappedDevice extends StagedDevice {
  uid: string;
}

/** The devices that are staged, of one driver or of all. A folder without data is of no driver. */
export async function stagedDevices(root: Root, driver?: string): Promise<StagedDevice[]> {
  const found: StagedDevice[] = [];
  for (const directory of await foldersIn(devicesDir(root))) {
    const data = await dataOf(directory);
    if (!data || (driver !== undefined && data.driverName !== driver)) continue;
    const { driverName, volumeHandle: handle } = data;
    found.push({ volumeMode: 'Block', driver: driverName, handle, specName: basename(directory) });
  }
  return found;
}

/** The devices of one pod. */
export async function mappedDevicesOf(root: Root, uid: string): Promise<MappedDevice[]> {
  const staged = await stagedDevices(root);
  return staged.filter(({ specName }) => isMapped(root, specName, uid)).map((each) => ({ ...each, uid }));
}

/** The devices of all pods, also of those that have no folder any more. */
export async function mappedDevices(root: Root): Promise<MappedDevice[]> {
  const pods = await entries(podsDir(root));
  const found: MappedDevice[] = [];
  for (const device of await stagedDevices(root)) {
    for (const uid of await podsWith(root, device.specName, pods)) found.push({ ...device, uid });
  }
  return found;
}

/** The UIDs of pods that have a device, or were about to. */
export async function podsOfDevice(root: Root, specName: string): Promise<string[]> {
  return await podsWith(root, specName, await entries(podsDir(root)));
}

/** Whether a pod has its folder. */
export function hasFolder(root: Root, uid: string): boolean {
  return exists(podDir(root, uid));
}

async function podsWith(root: Root, specName: string, pods: readonly string[]): Promise<string[]> {
  const { globalDir } = devicePlace(root, specName, 'any');
  const known = [...(await entries(globalDir)), ...(await entries(publishedDevices(root, specName)))];
  return [...new Set([...known, ...pods.filter((uid) => isMapped(root, specName, uid))])];
}

function isMapped(root: Root, specName: string, uid: string): boolean {
  const place = devicePlace(root, specName, uid);
  return [place.link, devicePath(place), publishedDevice(root, specName, uid)].some(exists);
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** One file that cannot be read must not keep all pods from their end. */
async function dataOf(directory: string): Promise<VolumeData | undefined> {
  try {
    return await loadVolumeData(deviceDataDir(directory));
  } catch (error) {
    log.error('Failed to read what is known of a block device', { err: error, path: directory });
    return undefined;
  }
}
