// The volumes of a pod: made before its containers, taken away after them.
import { readdir, realpath } from 'node:fs/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { makePrivateDirectory } from '@berth/linux/files/directories.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { hasCode } from '@berth/linux/syscall/errno.ts';
import type { Pod, Volume } from '../api/pod.ts';
import { emptyDirPath, podDir, podsDir } from '../paths/pod-paths.ts';
import { emptyDirVolume, type MemoryVolumes } from './plugins/empty-dir.ts';
import { hostPathVolume } from './plugins/host-path.ts';

type Roots = Parameters<typeof podDir>[0];

/** Makes the pod's volumes and tells where each is on the node. Throws naming the volume. */
export function setUpVolumes(pod: Pod, roots: Roots, memoryVolumes: MemoryVolumes): Map<string, string> {
  makePrivateDirectory(podsDir(roots));
  makePrivateDirectory(podDir(roots, pod.metadata.uid));
  const paths = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    try {
      paths.set(volume.name, setUp(pod, volume, roots, memoryVolumes));
    } catch (error) {
      throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  return paths;
}

function setUp(pod: Pod, volume: Volume, roots: Roots, memoryVolumes: MemoryVolumes): string {
  if (volume.hostPath) return hostPathVolume(volume.hostPath);
  if (volume.emptyDir) {
    const path = emptyDirPath(roots, pod.metadata.uid, volume.name);
    emptyDirVolume(pod, volume.emptyDir, path, memoryVolumes);
    return path;
  }
  throw new Error('this kubelet knows only emptyDir and hostPath volumes');
}

/**
 * Removes the pod's folder and all in it, whoever made it: mounts are found in the kernel's table, deepest
 * first, so that nothing outside is ever deleted through one.
 */
export async function tearDownPodDir(uid: string, roots: Roots): Promise<void> {
  const directory = await pathInMountTable(podDir(roots, uid));
  if (directory === undefined) return;
  for (const { mountPoint } of mountsBelow(directory)) unmount(mountPoint, { detach: true, ifMounted: true });
  const [left] = mountsBelow(directory);
  if (left) throw new Error(`${left.mountPoint} is still mounted; ${directory} is kept`);
  await removeTree(directory);
}

/** The path that the kernel's table of mounts would name: the root directory may be a link. Undefined: none is there. */
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
  try {
    return await readdir(podsDir(roots));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
