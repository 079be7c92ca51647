// The cgroups of a machine of a test's own: one below the root of each hierarchy, which the machine sees as the root.
import { existsSync, globSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import type { MountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { patience } from '../machine-speed.ts';

/** Cgroups that a machine starts in: first all of `roots`, then, when those are its roots, all of `leaves`. */
export interface MachineCgroups {
  roots: string[];
  leaves: string[];
}

/** The cgroup in which the processes of a machine with cgroup v2 are. */
export const leafName = 'tests';

/** As many times the processor time of one other process is a machine's due. */
const usualWeight = 4;

/**
 * Makes the cgroup `name` below the root of every hierarchy among `mounts`. When the processors are not enough for
 * all, a machine gets its usual share times `weight`.
 */
export function makeMachineCgroups(
  name: string,
  mounts: readonly MountInfo[],
  weight: number,
): MachineCgroups {
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
    // By itself a cgroup with a hundred processes gets as much as one process beside it.
    for (const [file, standard] of standardWeights) {
      if (existsSync(join(path, file)))
        writeFileSync(join(path, file), String(standard * usualWeight * weight));
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

/** What a cgroup has by default, in v1 and v2. */
const standardWeights = [
  ['cpu.shares', 1024],
  ['cpu.weight', 100],
] as const;

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

/** The processor time that a machine has taken, in seconds. */
export function processorSeconds({ roots }: MachineCgroups): number {
  for (const root of roots) {
    // Nanoseconds in v1, microseconds in v2; other hierarchies of v1 have neither.
    if (existsSync(join(root, 'cpuacct.usage')))
      return Number(readFileSync(join(root, 'cpuacct.usage'))) / 1e9;
    if (!existsSync(join(root, 'cpu.stat'))) continue;
    const [, usage] = /^usage_usec (\d+)$/m.exec(readFileSync(join(root, 'cpu.stat'), 'utf8')) ?? [];
    if (usage !== undefined) return Number(usage) / 1e6;
  }
  return Number.NaN;
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
