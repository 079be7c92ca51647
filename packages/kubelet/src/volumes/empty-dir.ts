// emptyDir volumes: a folder, or memory, that lives as long as its pod.
// https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { isMountPoint, mount } from '@berth/linux/mount.ts';
import type { EmptyDirVolumeSource, Pod } from '../api/pod.ts';
import { bytes } from '../api/quantity.ts';

/** Makes the volume at `path`, unless it is there from before. */
export function emptyDirVolume(pod: Pod, source: EmptyDirVolumeSource, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (source.medium === 'Memory' && !isMountPoint(path)) {
    const size = tmpfsSize(pod, source.sizeLimit);
    const options = size === undefined ? 'mode=0777' : `mode=0777,size=${size}`;
    mount({ source: 'tmpfs', target: path, fstype: 'tmpfs', data: options });
  }
  const { fsGroup } = pod.spec.securityContext;
  if (fsGroup !== undefined) chownSync(path, 0, fsGroup);
  // What is made in a group's volume belongs to the group. chmod last: chown takes the setgid bit away.
  chmodSync(path, fsGroup === undefined ? 0o777 : 0o2777);
}

/**
 * Bytes that a volume in memory may hold: its own limit, but never more than its containers' memory limits
 * together; undefined leaves the kernel's default, half of the memory.
 */
function tmpfsSize(pod: Pod, sizeLimit: string | undefined): bigint | undefined {
  const limits = pod.spec.containers.map((container) => bytes(container.resources.limits?.memory ?? 0));
  const together = limits.includes(0n) ? undefined : limits.reduce((sum, limit) => sum + limit, 0n);
  const own = sizeLimit === undefined ? undefined : bytes(sizeLimit);
  if (own === undefined || own === 0n) return together;
  return together !== undefined && together < own ? together : own;
}
