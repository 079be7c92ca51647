// Gives a pod a block device, in the real kubelet's layout: a bind mount of it in a folder of the volume, a link to it in the
// pod's folder, and a loop device that keeps it open. While a device is open, no other can take its name and number.
import { lstatSync, mkdirSync, readlinkSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { attachLoopDevice, detachLoopDevice, loopDevicesOf } from '@berth/linux/files/loop-device.ts';
import { bindMount, unmountAll } from '@berth/linux/mounts/mount.ts';

/** Where a pod has a device. */
export interface DevicePlace {
  uid: string;
  /** Folder of the volume, with a bind mount of the device for each pod that has it. */
  globalDir: string;
  /** The link in the pod's folder. */
  link: string;
}

/** The bind mount of the device for the pod. */
export function devicePath({ globalDir, uid }: DevicePlace): string {
  return join(globalDir, uid);
}

/** The path of a device without links. Throws with the words of Go when it does not exist. */
export async function resolveDevice(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new Error(`lstat ${path}: no such file or directory`, { cause: error });
  }
}

/** Maps the device at `device`, a path without links. What is mapped already stays as it is. */
export function mapDevice(place: DevicePlace, device: string): void {
  const mounted = devicePath(place);
  mkdirSync(place.globalDir, { recursive: true, mode: 0o750 });
  if (lstatSync(mounted, { throwIfNoEntry: false })?.isBlockDevice() !== true) {
    writeFileSync(mounted, '', { mode: 0o750, flag: 'a' });
    bindMount(device, mounted);
  }
  linkDevice(place, device);
  if (loopDevicesOf(mounted).length === 0) attachLoopDevice(mounted);
}

/** Makes the link to a device that may not be there yet: the pod is known to have it, or to be about to. */
export function linkDevice({ link }: DevicePlace, device: string): void {
  if (linkedDevice(link) === device) return;
  mkdirSync(dirname(link), { recursive: true, mode: 0o750 });
  rmSync(link, { force: true });
  symlinkSync(device, link);
}

/** Where a link of a pod leads; undefined when there is none. */
export function linkedDevice(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    // EINVAL: it is no link.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EINVAL')) return undefined;
    throw error;
  }
}

/** Undoes mapDevice, except for the link, by which the pod is found until all is undone. */
export function unmapDevice(place: DevicePlace): void {
  const mounted = devicePath(place);
  for (const device of loopDevicesOf(mounted)) detachLoopDevice(device);
  unmountAll(mounted);
  rmSync(mounted, { force: true });
}

/** Removes the link. */
export function unlinkDevice({ link }: DevicePlace): void {
  rmSync(link, { force: true });
}

/** Removes a folder unless there is something in it. */
export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
