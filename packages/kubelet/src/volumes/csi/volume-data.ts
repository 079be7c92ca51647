// vol_data.json: what the kubelet notes of a volume before a driver stages or publishes it, so that it can be undone
// without the pod.
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';

const fileName = 'vol_data.json';
const maxBytes = 64 * 1024;

/** What is noted: of a staged volume only what the driver needs to undo that. */
export interface VolumeData {
  volumeHandle: string;
  driverName: string;
  specVolID?: string;
  nodeName?: string;
  attachmentID?: string;
  volumeLifecycleMode?: string;
  /** The label that all its files have by a mount option. */
  seLinuxMountContext?: string;
}

/** Notes it in the volume's folder, which is made if need be. */
export async function saveVolumeData(directory: string, data: VolumeData): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  await replaceFile(join(directory, fileName), `${JSON.stringify(data)}\n`, { mode: 0o600 });
}

/** What was noted; undefined when nothing was. Throws for a file that cannot be read. */
export async function loadVolumeData(directory: string): Promise<VolumeData | undefined> {
  let text: string;
  try {
    text = (await readRegularFile(join(directory, fileName), { maxBytes })).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`${join(directory, fileName)} is no object`);
  const { volumeHandle, driverName, volumeLifecycleMode, specVolID, seLinuxMountContext } = value;
  if (typeof volumeHandle !== 'string' || typeof driverName !== 'string') {
    throw new Error(`${join(directory, fileName)} names no volume`);
  }
  return {
    volumeHandle,
    driverName,
    ...(typeof volumeLifecycleMode === 'string' && { volumeLifecycleMode }),
    ...(typeof specVolID === 'string' && { specVolID }),
    ...(typeof seLinuxMountContext === 'string' && { seLinuxMountContext }),
  };
}

/**
 * Removes the mount's directory, then the data and the folder around it. Nothing is removed while something is mounted;
 * the answer says whether that is so.
 */
export function removeVolumeDir(directory: string, mountPath: string): 'removed' | 'still mounted' {
  if (isMountPoint(mountPath)) return 'still mounted';
  removeEmpty(mountPath);
  rmSync(join(directory, fileName), { force: true });
  removeEmpty(directory);
  return 'removed';
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Folders in a directory; none when there is no such directory. */
export async function foldersIn(directory: string): Promise<string[]> {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    return found.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
