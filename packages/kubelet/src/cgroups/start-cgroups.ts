// Makes the cgroups that pods live below, with the runtime's driver, or the one that the options name.
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupDriver, CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import { startCgroupDriver } from '@berth/linux/cgroups/start-driver.ts';
import type { Amounts } from '../api/pod-totals.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { PodCgroups } from './pod-cgroups.ts';

/**
 * The kubelet's part of the cgroup tree, ready for pods, which have `limits` together. All changes go through the
 * result of `observed`.
 */
export async function startPodCgroups(
  given: KubeletOptions,
  runtimeDriver: CgroupDriverName | undefined,
  node: Cgroups,
  limits: Amounts,
  observed: (driver: CgroupDriver) => CgroupDriver,
): Promise<PodCgroups> {
  const options = { ...given, cgroupDriver: runtimeDriver ?? given.cgroupDriver };
  const driver = await startCgroupDriver(options.cgroupDriver, node);
  const cgroups = new PodCgroups(node, options, observed(driver));
  await cgroups.prepare(limits);
  return cgroups;
}
