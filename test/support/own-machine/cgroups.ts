// The cgroups of a machine of a test's own: one below the root of each hierarchy, which the machine sees as the root.
import { existsSync, globSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '@berth/linux/errno.ts';
import type { MountInfo } from '@berth/linux/mountinfo.ts';
import { patience } from '../machine-speed.ts';

/** Cgroups that a machine starts in: first all of `roots`, then, when those are its roots, all of `leaves`. */
export interface MachineCgroups {
  roots: string[];
  leaves: string[];
}

/** The cgroup in which the processes of a machine with cgroup v2 are. */
export const leafName = 'tests';

/** Makes the cgroup `name` below the root of every hierarchy among `mounts`. */
export function makeMachineCgroups(name: string, mounts: readonly MountInfo[]): MachineCgroups {
  const made: MachineCgroups = { roots: [], leaves: [] };
  for (const { mountPoint, fstype } of hierarchies(mounts)) {
    const path = join(mountPoint, name);
    if (fstype === 'cgroup2') enableControllers(mountPoint);
    mkdirSync(path, { recursive: true });
    made.roots.push(path);
    // A cpuset of v1 takes no process before it has processors and memory.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const parent = join(mountPoint, file);
      if (fstype === 'cgroup' && existsSync(parent)) writeFileSync(join(path, file), readFileSync(parent));
    }
    // Cgroup v2 gives the children of a cgroup with processes no controllers.
    if (fstype === 'cgroup2' && readFileSync(join(path, 'cgroup.controllers'), 'utf8').trim() !== '') {
      const leaf = join(path, leafName);
      mkdirSync(leaf);
      made.leaves.push(leaf);
    }
  }
  return made;
}

/** Hands on what controllers the root has; one that cannot be had below it is not needed. */
function enableControllers(root: string): void {
  for (const controller of readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim().split(/\s+/)) {
    try {
      // On a hybrid host hugetlb is moved to v1, which children that have it would prevent.
      if (controller !== '' && controller !== 'hugetlb')
        writeFileSync(join(root, 'cgroup.subtree_control'), `+${controller}`);
    } catch (error) {
      if (!hasCode(error, 'EBUSY', 'EINVAL', 'ENOENT', 'EOPNOTSUPP')) throw error;
    }
  }
}

/** Removes the cgroups of a machine whose first process has ended, and what is below them. */
export async function removeMachineCgroups({ roots }: MachineCgroups): Promise<void> {
  for (const root of roots) {
    const below = globSync('**/', { cwd: root }).map((path) => join(root, path));
    for (const path of [...below.sort().reverse(), root]) await removeCgroup(path);
  }
}

/** The last processes of a PID namespace may still be on their way out. */
async function removeCgroup(path: string): Promise<void> {
  for (const deadline = performance.now() + patience(10_000); ; await delay(20)) {
    try {
      return rmdirSync(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      if (!hasCode(error, 'EBUSY') || performance.now() > deadline) throw error;
    }
  }
}

/** The mounts of whole hierarchies. */
export function hierarchies(mounts: readonly MountInfo[]): MountInfo[] {
  return mounts.filter(({ fstype, root }) => /^cgroup2?$/.test(fstype) && root === '/');
}
