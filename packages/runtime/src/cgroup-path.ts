import { basename, join } from 'node:path';

/**
 * Path of a container's cgroup below the cgroup root. With the systemd driver `parent` is a slice, and
 * systemd nests slices by the dashes in their names (systemd.slice(5)).
 */
export function containerCgroup(parent: string, containerId: string, systemd: boolean): string {
  return systemd
    ? join(slicePath(basename(parent)), `berth-${containerId}.scope`)
    : join('/', parent, containerId);
}

/** Path of a pod's own cgroup below the cgroup root. */
export function podCgroup(parent: string, systemd: boolean): string {
  return systemd ? slicePath(basename(parent)) : join('/', parent);
}

/** `kubepods-burstable-podX.slice` → `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podX.slice`. */
function slicePath(slice: string): string {
  const name = slice.slice(0, -'.slice'.length);
  if (name === '' || name === '-') return '/';
  const parts = name.split('-');
  return `/${parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`).join('/')}`;
}
