// Converts a container's limits from config.json to cgroup limits, and sets them as systemd properties.

import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import type { CgroupResources } from '@berth/linux/cgroups/resources.ts';
import type { LinuxResources } from '@berth/oci/runtime-spec/config.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';

/**
 * Converts limits of config.json to those of a cgroup, except the CPU weight, which every OCI runtime passes to
 * systemd.
 */
export function cgroupLimits({
  cpu,
  memory,
  pids,
  hugepageLimits,
  unified,
}: LinuxResources): CgroupResources {
  return {
    ...(cpu?.quota === undefined ? {} : { cpuQuota: cpu.quota }),
    ...(cpu?.period === undefined ? {} : { cpuPeriod: cpu.period }),
    ...(cpu?.cpus === undefined ? {} : { cpusetCpus: cpu.cpus }),
    ...(cpu?.mems === undefined ? {} : { cpusetMems: cpu.mems }),
    ...(memory?.limit === undefined ? {} : { memoryLimit: memory.limit }),
    ...(memory?.swap === undefined ? {} : { memorySwap: memory.swap }),
    ...(pids?.limit === undefined ? {} : { pids: pids.limit }),
    ...(hugepageLimits === undefined ? {} : { hugepages: hugepageLimits }),
    ...(unified === undefined ? {} : { unified }),
  };
}

/**
 * With the systemd driver, sets a new container's limits as properties of its scope: crun before 1.9 only writes them
 * to the cgroup's files, and systemd resets a limit that is not a property when it next writes to the scope.
 */
export async function recordLimitsWithSystemd(
  {
    cgroupNaming,
    cgroupDriver,
  }: { readonly cgroupDriver: CgroupDriver; readonly cgroupNaming: CgroupNaming },
  cgroup: string,
  limits: LinuxResources | undefined,
): Promise<void> {
  if (cgroupNaming.driver !== 'systemd' || limits === undefined) return;
  await cgroupDriver.apply(cgroup, cgroupLimits(limits));
}
