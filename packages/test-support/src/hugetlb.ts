// On a host with hybrid cgroups crun works only while the v2 hierarchy carries no controller (hugetlb is
// often the one left there). Tests and benchmarks may move it to v1; the product never does.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { mount, mountsBelow } from '@berth/linux/mounts/mount.ts';

const hierarchy = '/sys/fs/cgroup/hugetlb';

/**
 * Mounts the v1 hugetlb hierarchy when this is a hybrid host that holds the controller in v2, or has it in v1
 * without a mount: such a hierarchy outlives a mount namespace that had it, and crun then makes its cgroups as
 * plain folders below the mount point, which stay.
 */
export function moveHugetlbToV1(): void {
  const controllers = '/sys/fs/cgroup/unified/cgroup.controllers';
  if (!existsSync(controllers)) return;
  const isInV2 = readFileSync(controllers, 'utf8').trim() === 'hugetlb';
  const isInV1 = /^\d+:hugetlb:/m.test(readFileSync('/proc/self/cgroup', 'utf8'));
  const isMounted = mountsBelow(hierarchy).some(({ mountPoint }) => mountPoint === hierarchy);
  if (isMounted || !(isInV1 || isInV2)) return;
  mkdirSync(hierarchy, { recursive: true });
  mount({ source: 'cgroup', target: hierarchy, fstype: 'cgroup', data: 'hugetlb' });
}
