import { posix } from 'node:path';
import { invalid } from '../rpc/errors.ts';

/**
 * `cgroupsPath` of config.json for a container below its pod's cgroup: a path with the cgroupfs driver,
 * `slice:prefix:name` with the systemd driver, which makes the scope `berth-ID.scope` of it.
 */
export function cgroupsPath(options: {
  parent: string;
  containerId: string;
  systemdCgroup: boolean;
}): string {
  const { parent, containerId, systemdCgroup } = options;
  checkCgroupParent(parent, systemdCgroup);
  return systemdCgroup
    ? `${posix.basename(parent)}:berth:${containerId}`
    : posix.join('/', parent, containerId);
}

/** Refuses a cgroup parent that cannot be one with this node's cgroup driver; `field` is what the error calls it. */
export function checkCgroupParent(
  parent: string,
  systemdCgroup: boolean,
  field = 'config.linux.cgroup_parent',
): void {
  const shown = JSON.stringify(parent);
  checkBelowCgroupRoot(parent, field);
  const isSlice = parent.endsWith('.slice');
  // systemd.unit(5). A colon, which it allows too, separates the parts of `cgroupsPath`.
  if (systemdCgroup && isSlice && !/^[\w.\\@-]{1,255}$/.test(posix.basename(parent))) {
    throw invalid(field, `${shown} is not the name of a slice`);
  }
  if (systemdCgroup && !isSlice) {
    throw invalid(
      field,
      `${shown} is not a slice, which the systemd cgroup driver needs; is the kubelet set to cgroupfs?`,
    );
  }
  if (!systemdCgroup && isSlice) {
    throw invalid(
      field,
      `${shown} is a systemd slice, but this node uses the cgroupfs driver; set both to the same`,
    );
  }
}

/** Refuses a path that leads out of the cgroup file system. */
function checkBelowCgroupRoot(path: string, field: string): void {
  if (path.split('/').includes('..') || path.includes('\0')) {
    throw invalid(field, `${JSON.stringify(path)} is not a path below the cgroup root`);
  }
}
