// CRI's LinuxContainerResources of a container: for its creation, and for a resize.
import type { DeepPartial, LinuxContainerResources } from '@berth/cri/generated/api.ts';
import type { Container, Pod } from '../api/pod.ts';
import type { CgroupNode, CgroupSettings } from '../cgroups/cgroup-node.ts';
import { containerResources, oomScoreAdj } from '../cgroups/container-resources.ts';

/** Settings of the container's cgroup, and its oom_score_adj; 0 for what the runtime is to leave as it is. */
export function linuxResources(
  pod: Pod,
  container: Container,
  settings: CgroupSettings,
  node: CgroupNode,
): DeepPartial<LinuxContainerResources> {
  const limits = containerResources(pod, container, settings, node);
  return {
    cpuShares: BigInt(limits.cpuShares),
    cpuQuota: BigInt(limits.cpuQuota ?? 0),
    cpuPeriod: BigInt(limits.cpuPeriod ?? 0),
    memoryLimitInBytes: limits.memoryLimit ?? 0n,
    memorySwapLimitInBytes: limits.memorySwapLimit ?? 0n,
    hugepageLimits: limits.hugepages ?? [],
    unified: limits.unified ?? {},
    oomScoreAdj: BigInt(oomScoreAdj(pod, container, node.memoryBytes)),
  };
}
