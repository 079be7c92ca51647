// fsGroup: gives a volume to a group, so that containers of any user can use it.
// https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { changePermissions, type Permissions } from '@berth/linux/files/tree-permissions.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('ownership.ts');

/** Whether containers can write to a volume, which decides what its group may do. */
export type VolumeAccess = 'read-write' | 'read-only';

/**
 * Gives every file of the volume to the group `fsGroup`, unless that is undefined, or the policy is OnRootMismatch and the
 * volume's root has it already. What cannot be changed is logged: the volume is used all the same.
 */
export async function setVolumeGroup(
  directory: string,
  fsGroup: number | undefined,
  access: VolumeAccess,
  policy?: string,
): Promise<void> {
  if (fsGroup === undefined) return;
  if (policy === 'OnRootMismatch' && hasGroup(await stat(directory), fsGroup, access)) return;
  const failure = await changePermissions(directory, (stats) => groupPermissions(stats, fsGroup, access));
  if (failure) log.error('Failed to set the group of a volume', { err: failure, path: directory, fsGroup });
}

/** Whether a file has all permissions that the group would get. */
export function hasGroup(
  stats: Pick<Stats, 'gid' | 'mode' | 'isDirectory'>,
  gid: number,
  access: VolumeAccess,
): boolean {
  return stats.gid === gid && (stats.mode & 0o7777) === groupPermissions(stats, gid, access).mode;
}

/** The permissions of one file: the group may read it, write it unless the volume is read-only, enter a directory. */
export function groupPermissions(
  stats: Pick<Stats, 'mode' | 'isDirectory'>,
  gid: number,
  access: VolumeAccess,
): Permissions {
  const files = access === 'read-write' ? 0o660 : 0o440;
  // set-group-ID: new files get the group of their directory.
  const directories = stats.isDirectory() ? 0o2110 : 0;
  return { gid, mode: (stats.mode & 0o7777) | files | directories };
}
