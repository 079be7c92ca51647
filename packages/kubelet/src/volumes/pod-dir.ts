// Unmounts and removes the folder of a pod below the kubelet's root directory.
import { readdir, realpath } from 'node:fs/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { detachBelow, mountsBelow } from '@berth/linux/mounts/mount.ts';
import { podDir, podsDir } from '../paths/pod-paths.ts';

type Roots = Parameters<typeof podDir>[0];

/** Unmounts everything below the pod's folder. Returns the folder; undefined when it does not exist. */
export function unmountPodDir(uid: string, roots: Roots): Promise<string | undefined> {
  return unmountBelow(podDir(roots, uid));
}

/**
 * Unmounts everything below a folder, deepest first. Reads the mount table, so that no mount is missed and nothing
 * outside is deleted through one. Returns the folder; undefined when it does not exist.
 */
export async function unmountBelow(folder: string): Promise<string | undefined> {
  const directory = await pathInMountTable(folder);
  if (directory === undefined) return undefined;
  detachBelow(directory);
  const [left] = mountsBelow(directory);
  if (left) throw new Error(`${left.mountPoint} is still mounted; ${directory} is kept`);
  return directory;
}

/** Unmounts and removes the pod's folder with volumes of all kinds. */
export async function tearDownPodDir(uid: string, roots: Roots): Promise<void> {
  const directory = await unmountPodDir(uid, roots);
  if (directory !== undefined) await removeTree(directory);
}

/** The folder's path as in the mount table, with links resolved; undefined when it does not exist. */
async function pathInMountTable(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** UIDs of the pods that have a folder here. */
export async function podsOnDisk(roots: Roots): Promise<string[]> {
  return entries(podsDir(roots));
}

/** Names in a directory; none when there is no such directory. */
export async function entries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
