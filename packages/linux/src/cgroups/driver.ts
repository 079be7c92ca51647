// The cgroup drivers of the kubelet's and berthd's settings: cgroupfs and systemd.
import type { Cgroups, RemoveOptions } from './cgroups.ts';
import type { CgroupResources } from './resources.ts';

/** Creates and removes cgroups: by their files, or through systemd, which then has units for them. */
export interface CgroupDriver {
  /** Creates a cgroup and its missing parents, and sets its limits; an existing one is no error. */
  create(path: string, resources?: CgroupResources): Promise<void>;
  /**
   * Sets the limits of a cgroup.
   *
   * @throws CgroupResourceError naming the field, or SyscallError naming the file
   */
  apply(path: string, resources: CgroupResources): Promise<void>;
  /** Removes a cgroup and its descendants; succeeds when there is none. */
  remove(path: string, options?: RemoveOptions): Promise<void>;
  /** Whether the kernel OOM-killed a process of the cgroup; works after systemd removed the cgroup as well. */
  wasOomKilled(path: string): boolean;
}

/** The drivers by their names in the settings. */
export const cgroupDrivers = ['cgroupfs', 'systemd'] as const;
export type CgroupDriverName = (typeof cgroupDrivers)[number];

/** The driver `cgroupfs`: creates, limits and removes cgroups by their files. */
export function cgroupfsDriver(cgroups: Cgroups): CgroupDriver {
  return {
    create: async (path, resources = {}) => {
      cgroups.create(path);
      cgroups.apply(path, resources);
    },
    apply: async (path, resources) => cgroups.apply(path, resources),
    remove: (path, options) => cgroups.remove(path, options),
    wasOomKilled: (path) => (cgroups.oomKillCount(path) ?? 0) > 0,
  };
}
