// Makes the cgroups that pods live below, with the driver that the options name.
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { startCgroupDriver } from '@berth/linux/cgroups/start-driver.ts';
import type { Amounts } from '../api/pod-totals.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { PodCgroups } from './pod-cgroups.ts';

/** The kubelet's part of the cgroup tree, ready for pods, which have `limits` together. */
export async function startPodCgroups(options: KubeletOptions, limits: Amounts): Promise<PodCgroups> {
  const node = detectCgroups();
  const cgroups = new PodCgroups(node, options, await startCgroupDriver(options.cgroupDriver, node));
  await cgroups.prepare(limits);
  return cgroups;
}
