// Decides from the mount table whether this machine has cgroup v1, v2 or hybrid, and returns its Cgroups.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mounts } from '../mounts/mount.ts';
import type { MountInfo } from '../mounts/mountinfo.ts';
import type { Cgroups } from './cgroups.ts';
import { CgroupV1, type V1Mounts } from './v1.ts';
import { CgroupV2 } from './v2.ts';

/** The mount points of the cgroup hierarchies. */
export type CgroupMounts =
  | { version: 'v2'; root: string }
  | { version: 'v1'; mounts: Omit<V1Mounts, 'unified'>; unifiedRoot?: string };

const v1Controllers = new Set([
  'blkio',
  'cpu',
  'cpuacct',
  'cpuset',
  'devices',
  'freezer',
  'hugetlb',
  'memory',
  'misc',
  'net_cls',
  'net_prio',
  'perf_event',
  'pids',
  'rdma',
]);

/** Finds the cgroup hierarchies among a machine's mounts; `undefined` when there are none. */
export function findCgroupMounts(mountInfos: readonly MountInfo[]): CgroupMounts | undefined {
  // Skip mounts of a part of a hierarchy, which container runtimes make for containers.
  const whole = mountInfos.filter(({ root }) => root === '/');
  const controllers = new Map<string, string>();
  const others: string[] = [];
  for (const { fstype, mountPoint, superOptions } of whole) {
    if (fstype !== 'cgroup') continue;
    const carried = superOptions.filter((option) => v1Controllers.has(option));
    for (const controller of carried)
      if (!controllers.has(controller)) controllers.set(controller, mountPoint);
    if (carried.length === 0) others.push(mountPoint);
  }
  const unified = whole.find(({ fstype }) => fstype === 'cgroup2')?.mountPoint;
  if (controllers.size > 0) {
    return {
      version: 'v1',
      mounts: { controllers, others },
      ...(unified === undefined ? {} : { unifiedRoot: unified }),
    };
  }
  return unified === undefined ? undefined : { version: 'v2', root: unified };
}

/**
 * The cgroups of this machine. Throws when none are mounted.
 *
 * @example (root)
 * const cgroups = detectCgroups();
 * cgroups.create('/example/pod');
 * cgroups.apply('/example/pod', { memoryLimit: 64 * 1024 * 1024, pids: 100 });
 * assert.equal(cgroups.usage('/example/pod')?.memoryLimitBytes, 64n * 1024n * 1024n);
 * await cgroups.remove('/example');
 */
export function detectCgroups(): Cgroups {
  const found = findCgroupMounts(mounts());
  if (found === undefined) {
    throw new Error('no cgroup hierarchy is mounted; mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup');
  }
  if (found.version === 'v2') return new CgroupV2(found.root);
  const { mounts: v1, unifiedRoot: root } = found;
  if (root === undefined) return new CgroupV1(v1);
  const listed = readFileSync(join(root, 'cgroup.controllers'), 'utf8').split(/\s+/);
  return new CgroupV1({
    ...v1,
    unified: { root, controllers: new Set(listed.filter((name) => name !== '')) },
  });
}
