import type { HugepageLimit, LinuxContainerResources } from '@berth/cri/generated/api.ts';

/**
 * Merges a container's resources with an update: a zero or an empty string in the update keeps the old value. A new
 * memory limit also replaces the swap limit, which is the sum of memory and swap: without a new swap limit the
 * container may not swap.
 */
export function mergeResources(
  before: LinuxContainerResources | undefined,
  update: LinuxContainerResources,
): LinuxContainerResources {
  if (before === undefined) return update;
  const setsMemory = update.memoryLimitInBytes !== 0n;
  return {
    cpuPeriod: update.cpuPeriod || before.cpuPeriod,
    cpuQuota: update.cpuQuota || before.cpuQuota,
    cpuShares: update.cpuShares || before.cpuShares,
    memoryLimitInBytes: update.memoryLimitInBytes || before.memoryLimitInBytes,
    memorySwapLimitInBytes: setsMemory
      ? update.memorySwapLimitInBytes
      : update.memorySwapLimitInBytes || before.memorySwapLimitInBytes,
    oomScoreAdj: update.oomScoreAdj || before.oomScoreAdj,
    cpusetCpus: update.cpusetCpus || before.cpusetCpus,
    cpusetMems: update.cpusetMems || before.cpusetMems,
    hugepageLimits: mergeHugepages(before.hugepageLimits, update.hugepageLimits),
    unified: { ...before.unified, ...update.unified },
  };
}

function mergeHugepages(before: readonly HugepageLimit[], update: readonly HugepageLimit[]): HugepageLimit[] {
  const named = new Set(update.map(({ pageSize }) => pageSize));
  return [...before.filter(({ pageSize }) => !named.has(pageSize)), ...update];
}
