// On a host with hybrid cgroups crun works only while the v2 hierarchy carries no controller (hugetlb is
// often the one left there). Tests and benchmarks may move it to v1; the product never does.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { mount } from '@berth/linux/mount.ts';

/** Mounts the v1 hugetlb hierarchy when this is a hybrid host whose v2 hierarchy holds that controller. */
export function moveHugetlbToV1(): void {
  const controllers = '/sys/fs/cgroup/unified/cgroup.controllers';
  if (!existsSync(controllers) || readFileSync(controllers, 'utf8').trim() !== 'hugetlb') return;
  mkdirSync('/sys/fs/cgroup/hugetlb', { recursive: true });
  mount({ source: 'cgroup', target: '/sys/fs/cgroup/hugetlb', fstype: 'cgroup', data: 'hugetlb' });
}
