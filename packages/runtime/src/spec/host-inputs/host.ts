import { existsSync, readdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { clampOomScoreAdj } from '@berth/linux/processes/oom-score.ts';
import { boundingCapabilities } from '@berth/linux/security/capabilities.ts';
import { containerContexts, selinuxEnabled } from '@berth/linux/security/selinux.ts';
import { parseContainerContexts } from '@berth/linux/security/selinux-context.ts';
import type { CgroupNaming } from '../../cgroups/naming.ts';
import type { HostFacts } from '../input.ts';
import { containerRlimits } from '../rlimits.ts';

/** Reads the properties of the host that do not change while berthd runs. services.ts calls it once. */
export function readHostFacts(options: { cgroups: Cgroups; cgroupNaming: CgroupNaming }): HostFacts {
  const { cgroups, cgroupNaming } = options;
  return {
    arch: process.arch,
    kernel: release(),
    cgroupVersion: cgroups.version,
    cgroupNaming,
    boundingCapabilities: boundingCapabilities(),
    minOomScoreAdj: clampOomScoreAdj(-1000),
    hugetlb: cgroups.controllers.has('hugetlb'),
    swapAccounting: accountsSwap(cgroups),
    selinux: selinuxEnabled() ? parseContainerContexts(containerContexts() ?? '') : undefined,
    seccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    rlimits: containerRlimits(),
  };
}

// Whether the kernel accounts for swap, so that memory plus swap can be limited: it may be built or booted without.
function accountsSwap(cgroups: Cgroups): boolean {
  const root = cgroups.directory('/', 'memory');
  if (root === undefined) return false;
  if (cgroups.version !== 'v2') return existsSync(join(root, 'memory.memsw.limit_in_bytes'));
  // On v2 the root cgroup has no limit files; look at any other cgroup with the memory controller.
  const child = readdirSync(root, { withFileTypes: true }).find((entry) => {
    return entry.isDirectory() && existsSync(join(root, entry.name, 'memory.max'));
  });
  return child !== undefined && existsSync(join(root, child.name, 'memory.swap.max'));
}
