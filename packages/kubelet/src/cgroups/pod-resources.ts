// Converts a pod's requests and limits to settings of its cgroup, of its sandbox, and of its runtime's overhead.
import { parseQuantity } from '@berth/common/quantity.ts';
import { workloadContainers } from '../api/each-container.ts';
import type { Pod } from '../api/pod.ts';
import { type Amounts, overheadOf, podLevelResources, podLimits, podRequests } from '../api/pod-totals.ts';
import type { CgroupNode, CgroupSettings } from './cgroup-node.ts';
import { qosClass } from './qos-class.ts';

const minShares = 2;
const maxShares = 262_144;
const minQuotaUs = 1000;
const million = 1_000_000n;
const billion = 1_000_000_000n;

/** Settings of one cgroup, in cgroup v1's units; what is undefined is left as the kernel has it. */
export interface CgroupLimits {
  cpuShares: number;
  cpuQuota?: number;
  cpuPeriod?: number;
  memoryLimit?: bigint;
  /** Bytes by size of huge pages in the form of cgroup files. */
  hugepages?: { pageSize: string; limit: bigint }[];
  /** Files of cgroup v2 and their contents. */
  unified?: Record<string, string>;
}

/** The settings of CPU quotas. */
export type CpuSettings = Pick<CgroupSettings, 'cpuCfsQuota' | 'cpuCfsQuotaPeriodUs'>;

/** 1024 shares per core, within the kernel's bounds; the minimum without a request. */
export function milliCpuToShares(milliCpu: number): number {
  return Math.min(maxShares, Math.max(minShares, Math.floor((milliCpu * 1024) / 1000)));
}

/** Microseconds of CPU time in each period; 0 (no limit) for a limit of 0, else at least a millisecond. */
export function milliCpuToQuota(milliCpu: number, periodUs: number): number {
  return milliCpu === 0 ? 0 : Math.max(minQuotaUs, Math.floor((milliCpu * periodUs) / 1000));
}

/** An amount of CPU in thousandths of a core, rounded up. */
export function milliCpu(amounts: Amounts): number {
  return Number(((amounts.get('cpu') ?? 0n) + million - 1n) / million);
}

/** An amount of memory in bytes, rounded up. */
export function memoryBytes(amounts: Amounts): bigint {
  return ((amounts.get('memory') ?? 0n) + billion - 1n) / billion;
}

/** Settings from amounts: quota and memory limit only where there is a limit. */
export function basicLimits(shares: Amounts, limits: Amounts, settings: CpuSettings): CgroupLimits {
  const { cpuCfsQuota, cpuCfsQuotaPeriodUs } = settings;
  const memoryLimit = memoryBytes(limits);
  return {
    cpuShares: milliCpuToShares(milliCpu(shares)),
    ...(cpuCfsQuota && {
      cpuQuota: milliCpuToQuota(milliCpu(limits), cpuCfsQuotaPeriodUs),
      cpuPeriod: cpuCfsQuotaPeriodUs,
    }),
    ...(memoryLimit > 0n && { memoryLimit }),
  };
}

/** Settings of the pod's sandbox: what the runtime is told of the containers together. */
export function sandboxResources(pod: Pod, settings: CpuSettings): CgroupLimits {
  const requests = podRequests(pod, { overhead: false });
  const limits = podLimits(pod, { overhead: false });
  return basicLimits(requests.has('cpu') ? requests : limits, limits, settings);
}

/** Settings of what the runtime needs for itself; undefined without overhead. */
export function overheadResources(pod: Pod, settings: CpuSettings): CgroupLimits | undefined {
  if (pod.spec.overhead === undefined) return undefined;
  const overhead = overheadOf(pod);
  return basicLimits(overhead, overhead, settings);
}

/** Settings of the pod's cgroup: limits hold for the whole pod where it or every container has one. */
export function podResources(
  pod: Pod,
  settings: CpuSettings & Pick<CgroupSettings, 'memoryThrottlingFactor'>,
  node: Pick<CgroupNode, 'version' | 'hugepageSizes' | 'pageBytes'>,
): CgroupLimits {
  const requests = podRequests(pod, { overhead: true });
  const limits = podLimits(pod, { overhead: true });
  const hugepages = hugepageLimits(requests, node);
  if (qosClass(pod) === 'BestEffort') return { cpuShares: minShares, ...hugepages };
  const quota = settings.cpuCfsQuota ? milliCpuToQuota(milliCpu(limits), settings.cpuCfsQuotaPeriodUs) : -1;
  const high = node.version === 'v2' ? podMemoryHigh(pod, requests, limits, settings, node) : undefined;
  return {
    cpuShares: milliCpuToShares(milliCpu(requests)),
    ...(isLimited(pod, 'cpu') ? { cpuQuota: quota, cpuPeriod: settings.cpuCfsQuotaPeriodUs } : {}),
    ...(isLimited(pod, 'memory') ? { memoryLimit: memoryBytes(limits) } : {}),
    ...hugepages,
    ...(high === undefined ? {} : { unified: { 'memory.high': high } }),
  };
}

/** Thousandths of a core that the pod requests. */
export function podCpuRequest(pod: Pod): number {
  return milliCpu(podRequests(pod, { overhead: true }));
}

/** Limits of every size of huge pages that the node has: what `amounts` has of it, or none. */
export function hugepageLimits(
  amounts: Amounts,
  { hugepageSizes }: Pick<CgroupNode, 'hugepageSizes'>,
): Pick<CgroupLimits, 'hugepages'> {
  if (hugepageSizes.length === 0) return {};
  return {
    hugepages: hugepageSizes.toSorted(bySize).map((pageSize) => ({
      pageSize,
      // `hugepages-2Mi` is limited in files that are named for 2MB.
      limit: (amounts.get(`hugepages-${pageSize.replace(/B$/, 'i')}`) ?? 0n) / billion,
    })),
  };
}

/** `2MB` before `1GB`. */
function bySize(one: string, other: string): number {
  const bytes = (size: string): bigint => parseQuantity(size.replace(/B$/, 'i')).nanos;
  return bytes(one) < bytes(other) ? -1 : 1;
}

/** Where the kernel begins to slow a cgroup down, in bytes; undefined for one that may use all that it is promised. */
export function memoryHigh(
  request: bigint,
  limit: bigint,
  { memoryThrottlingFactor }: Pick<CgroupSettings, 'memoryThrottlingFactor'>,
  { pageBytes }: Pick<CgroupNode, 'pageBytes'>,
): string | undefined {
  const spare = Number(limit) - Number(request);
  const pages = Math.floor((Number(request) + spare * memoryThrottlingFactor) / pageBytes);
  const high = BigInt(pages * pageBytes);
  return high > request ? String(high) : undefined;
}

/** Only pods with resources of their own have it: otherwise that of each container suffices. */
function podMemoryHigh(
  pod: Pod,
  requests: Amounts,
  limits: Amounts,
  settings: Pick<CgroupSettings, 'memoryThrottlingFactor'>,
  node: Pick<CgroupNode, 'pageBytes'>,
): string | undefined {
  if (podLevelResources(pod) === undefined || !isLimited(pod, 'memory')) return undefined;
  const [request, limit] = [memoryBytes(requests), memoryBytes(limits)];
  if (limit === 0n || request === limit) return undefined;
  return memoryHigh(request, limit, settings, node);
}

/** Whether the pod as a whole is limited: by itself, or because each of its containers is. */
function isLimited(pod: Pod, resource: 'cpu' | 'memory'): boolean {
  const isPositive = (limits: Readonly<Record<string, string>> = {}): boolean =>
    /[1-9]/.test(limits[resource] ?? '');
  return (
    isPositive(podLevelResources(pod)?.limits) ||
    workloadContainers(pod.spec).every(({ container }) => isPositive(container.resources.limits))
  );
}
