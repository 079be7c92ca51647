// Persistent volumes that are a directory of this node: it is bind-mounted into the pod's folder.
// https://kubernetes.io/docs/concepts/storage/volumes/#local
import { mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { bindMount, isMountPoint } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../../api/pod.ts';
import { pluginDirs, volumePath } from '../../paths/pod-paths.ts';
import { setVolumeGroup } from '../ownership.ts';
import type { NodeVolume } from '../plugin.ts';

/** A local volume. */
export interface LocalVolume {
  /** The persistent volume's name. */
  name: string;
  path: string;
  isReadOnly: boolean;
}

/** Mounts it for the pod. */
export async function mountLocal(
  roots: Parameters<typeof volumePath>[0],
  pod: Pod,
  { name, path, isReadOnly }: LocalVolume,
): Promise<NodeVolume> {
  if (path.split('/').includes('..')) throw new Error(`invalid path: ${path} must not contain '..'`);
  const target = volumePath(roots, pod.metadata.uid, pluginDirs.local, name);
  if (!isMountPoint(target)) {
    await checkDirectory(path);
    mkdirSync(target, { recursive: true, mode: 0o750 });
    bindMount(path, target, { readonly: isReadOnly });
  }
  if (!isReadOnly) {
    const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext;
    await setVolumeGroup(target, fsGroup, 'read-write', fsGroupChangePolicy);
  }
  return { from: 'node', path: target, isReadOnly, isRelabelled: !isReadOnly };
}

async function checkDirectory(path: string): Promise<void> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return;
    const what = stats.isBlockDevice()
      ? 'a block device, which this kubelet gives to volumes with the volumeMode Block only'
      : 'no directory';
    throw new Error(`path ${JSON.stringify(path)} is ${what}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new Error(`path ${JSON.stringify(path)} does not exist`);
    throw error;
  }
}
