import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import type { CgroupResources } from '@berth/linux/cgroups/resources.ts';
import type { LinuxResources } from '@berth/oci/runtime-spec/config.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';

/** A container's limits in a cgroup's terms, except the CPU weight, which every OCI runtime passes to systemd. */
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
 * Tells systemd a new container's limits, where it makes the cgroups: crun before 1.9 only writes them to the
 * cgroup's files, and systemd resets what it does not know when it next writes to the scope.
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
