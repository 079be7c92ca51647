// What cgroup settings of pods and containers depend on beside the pod: the kernel's cgroups, memory and swap.

/** Size of a page of memory, on every architecture that this kubelet is for. */
export const pageBytes = 4096;

/** Settings of the kubelet that cgroups follow. */
export interface CgroupSettings {
  /** Whether CPU limits become CFS quotas. */
  cpuCfsQuota: boolean;
  /** Length of the CFS period, in microseconds. */
  cpuCfsQuotaPeriodUs: number;
  /** What containers may swap; LimitedSwap: burstable ones by their memory request, on cgroup v2. */
  swapBehavior: 'NoSwap' | 'LimitedSwap';
  /** Share of the memory between request and limit from which on the kernel slows a container down, on cgroup v2. */
  memoryThrottlingFactor: number;
  /** Whether an OOM kill ends one process and not the whole container, on cgroup v2. */
  singleProcessOomKill: boolean;
}

/** The node's part. */
export interface CgroupNode {
  version: 'v1' | 'v2';
  /** Whether the kernel counts swap by cgroup. */
  hasSwapController: boolean;
  /** Sizes of huge pages in the form of cgroup files: `2MB`. */
  hugepageSizes: readonly string[];
  memoryBytes: number;
  swapBytes: number;
  /** Memory that pods can request. */
  allocatableMemoryBytes: number;
  /** Size of a page of memory. */
  pageBytes: number;
}
