// emptyDir volumes: a folder, or memory, that lives as long as its pod.
// https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { bytes } from '@berth/common/quantity.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { isMountPoint, mount } from '@berth/linux/mounts/mount.ts';
import type { EmptyDirVolumeSource, Pod } from '../../api/pod.ts';
import { emptyDirPath, emptyDirPluginDir } from '../../paths/pod-paths.ts';
import type { VolumePlugin } from '../plugin.ts';

/** Limits of volumes in memory on this node. */
export interface MemoryVolumes {
  /** The node's memory for pods: the maximum size of a volume. */
  memoryBytes: number;
  /** Whether the kernel can keep a tmpfs out of swap. */
  noswap: boolean;
}

/** The plugin of emptyDir volumes, which are below the pod's folder in `roots`. */
export function emptyDirPlugin(
  roots: Parameters<typeof emptyDirPath>[0],
  memoryVolumes: MemoryVolumes,
): VolumePlugin {
  return {
    kind: 'emptyDir',
    setUp: async (pod, { name, emptyDir = {} }) => {
      const path = emptyDirPath(roots, pod.metadata.uid, name);
      makeEmptyDir(pod, emptyDir, path, memoryVolumes);
      return path;
    },
    onDisk: { directory: emptyDirPluginDir, tearDown: removeTree },
  };
}

/** Makes the volume at `path`, unless it exists. */
function makeEmptyDir(pod: Pod, source: EmptyDirVolumeSource, path: string, node: MemoryVolumes): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (source.medium === 'Memory' && !isMountPoint(path)) {
    const data = memoryVolumeOptions(pod, source.sizeLimit, node);
    mount({ source: 'tmpfs', target: path, fstype: 'tmpfs', data });
  }
  const { fsGroup } = pod.spec.securityContext;
  if (fsGroup !== undefined) chownSync(path, 0, fsGroup);
  // setgid: new files get the group of the volume. Call chmod last, because chown clears the setgid bit.
  chmodSync(path, (source.mode ?? usualMode(source)) | (fsGroup === undefined ? 0 : 0o2000));
}

/** Every user may write. A volume in memory keeps the sticky bit of tmpfs. */
function usualMode({ medium }: EmptyDirVolumeSource): number {
  return medium === 'Memory' ? 0o1777 : 0o777;
}

/**
 * Options of a tmpfs. Its size is the minimum of the node's memory for pods, `sizeLimit`, and the sum of the
 * containers' memory limits if each container has one.
 */
export function memoryVolumeOptions(
  pod: Pod,
  sizeLimit: string | undefined,
  { memoryBytes, noswap }: MemoryVolumes,
): string {
  const limits = pod.spec.containers.map((container) => bytes(container.resources.limits?.memory ?? 0));
  const together = limits.includes(0n) ? 0n : limits.reduce((sum, limit) => sum + limit, 0n);
  const own = sizeLimit === undefined ? 0n : bytes(sizeLimit);
  const size = [together, own].filter((each) => each > 0n).reduce(least, BigInt(memoryBytes));
  return ['mode=1777', `size=${size}`, ...(noswap ? ['noswap'] : [])].join(',');
}

function least(a: bigint, b: bigint): bigint {
  return b < a ? b : a;
}
