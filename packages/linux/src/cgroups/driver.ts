import type { Cgroups, RemoveOptions } from './cgroups.ts';
import type { CgroupResources } from './resources.ts';

/** Who makes and removes cgroups: we ourselves, or systemd, which then also knows of them. */
export interface CgroupDriver {
  /** Makes a cgroup and missing parents, and sets its limits. One that exists is no error. */
  create(path: string, resources?: CgroupResources): Promise<void>;
  /**
   * Sets limits of a cgroup.
   *
   * @throws CgroupResourceError naming the field, or SyscallError naming the file
   */
  apply(path: string, resources: CgroupResources): Promise<void>;
  /** Removes a cgroup and all below it; one that does not exist is no error. */
  remove(path: string, options?: RemoveOptions): Promise<void>;
  /** Whether the kernel killed a process of the cgroup for want of memory; also where the cgroup has gone by itself. */
  wasOomKilled(path: string): boolean;
}

/** The drivers by the names that settings have for them. */
export const cgroupDrivers = ['cgroupfs', 'systemd'] as const;
export type CgroupDriverName = (typeof cgroupDrivers)[number];

/** Makes, limits and removes cgroups by their files alone. */
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
