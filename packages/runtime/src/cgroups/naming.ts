// Maps cgroup parents and container ids to cgroup paths, for the cgroupfs and the systemd driver. Pure.

import { posix } from 'node:path';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import { invalid } from '../rpc/errors.ts';

/**
 * How the cgroups of pods and containers are named under one cgroup driver. A pod's `parent` is what the CRI calls
 * cgroup_parent: a path for cgroupfs, a slice for systemd.
 */
export interface CgroupNaming {
  readonly driver: CgroupDriverName;
  /** Options that make an OCI runtime, and conmon for the runtime that it starts, use this driver. */
  readonly runtimeOptions: readonly string[];
  /** Path of a pod's own cgroup below the cgroup root. */
  podCgroup(parent: string): string;
  /** Path of a container's cgroup below the cgroup root. */
  containerCgroup(parent: string, containerId: string): string;
  /** `cgroupsPath` of config.json for a container; refuses the parents that `checkParent` refuses. */
  cgroupsPath(parent: string, containerId: string): string;
  /** Refuses a cgroup parent that this driver cannot use; the error names it `field`. */
  checkParent(parent: string, field?: string): void;
}

const parentField = 'config.linux.cgroup_parent';

/** Cgroups are directories: a container's is named by its id, below that of its pod. */
export const cgroupfsNaming: CgroupNaming = {
  driver: 'cgroupfs',
  runtimeOptions: [],
  podCgroup: (parent) => posix.join('/', parent),
  containerCgroup: (parent, containerId) => posix.join('/', parent, containerId),
  cgroupsPath(parent, containerId) {
    this.checkParent(parent);
    return posix.join('/', parent, containerId);
  },
  checkParent(parent, field = parentField) {
    checkBelowCgroupRoot(parent, field);
    if (!parent.endsWith('.slice')) return;
    throw invalid(
      field,
      `${JSON.stringify(parent)} is a systemd slice, but this node uses the cgroupfs driver; set both to the same`,
    );
  },
};

/** Cgroups are systemd units: a container is the scope `berth-ID.scope` in its pod's slice. */
export const systemdNaming: CgroupNaming = {
  driver: 'systemd',
  runtimeOptions: ['--systemd-cgroup'],
  podCgroup: (parent) => slicePath(posix.basename(parent)),
  containerCgroup: (parent, containerId) =>
    posix.join(slicePath(posix.basename(parent)), `berth-${containerId}.scope`),
  // slice:prefix:name, from which the OCI runtime forms `prefix-name.scope`.
  cgroupsPath(parent, containerId) {
    this.checkParent(parent);
    return `${posix.basename(parent)}:berth:${containerId}`;
  },
  checkParent(parent, field = parentField) {
    const shown = JSON.stringify(parent);
    checkBelowCgroupRoot(parent, field);
    if (!parent.endsWith('.slice')) {
      throw invalid(
        field,
        `${shown} is not a slice, which the systemd cgroup driver needs; is the kubelet set to cgroupfs?`,
      );
    }
    // systemd.unit(5). A colon, which it allows too, separates the parts of `cgroupsPath`.
    if (!/^[\w.\\@-]{1,255}$/.test(posix.basename(parent))) {
      throw invalid(field, `${shown} is not the name of a slice`);
    }
  },
};

/** The naming for a cgroup driver. */
export function cgroupNaming(driver: CgroupDriverName): CgroupNaming {
  return { cgroupfs: cgroupfsNaming, systemd: systemdNaming }[driver];
}

/**
 * systemd nests slices by the dashes in their names (systemd.slice(5)):
 * `kubepods-burstable-podX.slice` → `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podX.slice`.
 */
function slicePath(slice: string): string {
  const name = slice.slice(0, -'.slice'.length);
  if (name === '' || name === '-') return '/';
  const parts = name.split('-');
  return `/${parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`).join('/')}`;
}

/** Refuses a path that leads out of the cgroup file system. */
function checkBelowCgroupRoot(path: string, field: string): void {
  if (path.split('/').includes('..') || path.includes('\0')) {
    throw invalid(field, `${JSON.stringify(path)} is not a path below the cgroup root`);
  }
}
