// emptyDir volumes: a folder, or memory, that lives as long as its pod.
// https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { isMountPoint, mount } from '@berth/linux/mounts/mount.ts';
import type { EmptyDirVolumeSource, Pod } from '../../api/pod.ts';
import { pluginDirs, readyMarker, volumePath } from '../../paths/pod-paths.ts';
import { volumePageSize } from '../huge-pages.ts';
import { type MemoryVolumes, memoryVolumeOptions } from '../memory-volume.ts';
import { setVolumeGroup } from '../ownership.ts';
import type { VolumePlugin } from '../plugin.ts';

const directory = pluginDirs.emptyDir;

/** The plugin of emptyDir volumes, which are below the pod's folder in `roots`. */
export function emptyDirPlugin(
  roots: Parameters<typeof volumePath>[0],
  memoryVolumes: MemoryVolumes,
): VolumePlugin {
  return {
    kind: 'emptyDir',
    isLive: false,
    setUp: async (pod, { name, emptyDir = {} }) => {
      const { uid } = pod.metadata;
      const path = volumePath(roots, uid, directory, name);
      const marker = readyMarker(roots, uid, directory, name);
      if (!isReady(path, marker, emptyDir)) {
        await makeEmptyDir(pod, emptyDir, path, memoryVolumes);
        mkdirSync(dirname(marker), { recursive: true, mode: 0o700 });
        writeFileSync(marker, '', { mode: 0o600 });
      }
      return { from: 'node', path, isReadOnly: false, isRelabelled: true };
    },
    onDisk: { directory, tearDown: removeTree },
  };
}

/** Whether the volume was made: containers may have changed its modes and owners since. A reboot empties memory. */
function isReady(path: string, marker: string, { medium }: EmptyDirVolumeSource): boolean {
  return existsSync(marker) && (medium ? isMountPoint(path) : existsSync(path));
}

async function makeEmptyDir(
  pod: Pod,
  source: EmptyDirVolumeSource,
  path: string,
  node: MemoryVolumes,
): Promise<void> {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { medium = '', sizeLimit } = source;
  if (medium !== '' && !isMountPoint(path)) {
    if (medium === 'Memory') {
      const data = memoryVolumeOptions(pod, sizeLimit, node);
      mount({ source: 'tmpfs', target: path, fstype: 'tmpfs', data });
    } else {
      const data = `pagesize=${volumePageSize(medium, pod)}`;
      mount({ source: 'nodev', target: path, fstype: 'hugetlbfs', data });
    }
  }
  const mode = source.mode ?? usualModes[medium];
  if (mode !== undefined) chmodSync(path, mode);
  await setVolumeGroup(path, pod.spec.securityContext.fsGroup, 'read-write');
}

/**
 * By medium: every user may write, and a volume in memory keeps the sticky bit of tmpfs. One of huge pages keeps the mode
 * of hugetlbfs, as in Kubernetes: only root and the group may write.
 */
const usualModes: Readonly<Record<string, number>> = { '': 0o777, Memory: 0o1777 };
