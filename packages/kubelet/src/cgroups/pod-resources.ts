// Converts Kubernetes quantities to settings of the CPU and memory controllers, for containers and whole pods.
import { bytes, cpuMillis } from '@berth/common/quantity.ts';
import { workloadContainers } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import { type Amounts, podTotal } from '../api/pod-total.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { qosClass } from './qos-class.ts';

const minShares = 2;
const maxShares = 262_144;
const minQuotaUs = 1000;

/** Settings of one cgroup, in cgroup v1's units; what is undefined is left as the kernel has it. */
export interface CgroupLimits {
  cpuShares: number;
  cpuQuota?: number;
  cpuPeriod?: number;
  memoryLimit?: bigint;
}

type CpuSettings = Pick<KubeletOptions, 'cpuCfsQuota' | 'cpuCfsQuotaPeriodUs'>;

/** 1024 shares per core, within the kernel's bounds; the minimum without a request. */
export function milliCpuToShares(milliCpu: number): number {
  return Math.min(maxShares, Math.max(minShares, Math.floor((milliCpu * 1024) / 1000)));
}

/** Microseconds of CPU time in each period; 0 (no limit) for a limit of 0, else at least a millisecond. */
export function milliCpuToQuota(milliCpu: number, periodUs: number): number {
  return milliCpu === 0 ? 0 : Math.max(minQuotaUs, Math.floor((milliCpu * periodUs) / 1000));
}

/** Settings of a container's cgroup. A container that only limits its CPU requests that much. */
export function containerResources(container: Container, settings: CpuSettings): CgroupLimits {
  const { limits = {}, requests = {} } = container.resources;
  const cpuLimit = cpuMillis(limits.cpu ?? 0);
  const memoryLimit = bytes(limits.memory ?? 0);
  return {
    cpuShares: milliCpuToShares(requests.cpu === undefined ? cpuLimit : cpuMillis(requests.cpu)),
    ...(settings.cpuCfsQuota
      ? {
          cpuQuota: milliCpuToQuota(cpuLimit, settings.cpuCfsQuotaPeriodUs),
          cpuPeriod: settings.cpuCfsQuotaPeriodUs,
        }
      : {}),
    ...(memoryLimit > 0n ? { memoryLimit } : {}),
  };
}

/** Settings of the pod's cgroup: limits hold for the whole pod only where every container has one. */
export function podResources(pod: Pod, settings: CpuSettings): CgroupLimits {
  const qos = qosClass(pod);
  if (qos === 'BestEffort') return { cpuShares: minShares };
  const cpuLimit = podSum(pod, 'limits', 'cpu', cpuMillis, numbers);
  const memoryLimit = podSum(pod, 'limits', 'memory', bytes, bigints);
  const everyLimit = (resource: string) =>
    workloadContainers(pod.spec).every(({ container }) => isPositive(container.resources.limits?.[resource]));
  const quota = settings.cpuCfsQuota ? milliCpuToQuota(cpuLimit, settings.cpuCfsQuotaPeriodUs) : -1;
  return {
    cpuShares: milliCpuToShares(podCpuRequest(pod)),
    ...(everyLimit('cpu') ? { cpuQuota: quota, cpuPeriod: settings.cpuCfsQuotaPeriodUs } : {}),
    ...(everyLimit('memory') ? { memoryLimit } : {}),
  };
}

/** Thousandths of a core that the pod requests. */
export function podCpuRequest(pod: Pod): number {
  return podSum(pod, 'requests', 'cpu', cpuMillis, numbers);
}

function podSum<Amount>(
  pod: Pod,
  kind: 'limits' | 'requests',
  resource: string,
  parse: (quantity: string) => Amount,
  amounts: Amounts<Amount>,
): Amount {
  const amount = ({ resources }: Container): Amount => {
    // Requests that are missing are the limits, by the API's defaults.
    const quantity =
      resources[kind]?.[resource] ?? (kind === 'requests' ? resources.limits?.[resource] : undefined);
    return quantity === undefined ? amounts.zero : parse(quantity);
  };
  return podTotal(pod.spec, amount, amounts);
}

function isPositive(quantity: string | undefined): boolean {
  return quantity !== undefined && bytes(quantity) > 0n;
}

const numbers: Amounts<number> = { zero: 0, add: (a, b) => a + b, larger: Math.max };
const bigints: Amounts<bigint> = { zero: 0n, add: (a, b) => a + b, larger: largerBigint };

function largerBigint(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/**
 * The container's oom_score_adj: lowest for guaranteed pods, highest for best-effort pods, and in between by the
 * container's memory request relative to the node's memory.
 */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacity: number): number {
  if (pod.spec.priorityClassName === 'system-node-critical') return -997;
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = container.resources.requests?.memory ?? container.resources.limits?.memory ?? '0';
  const score = 1000 - Number((1000n * bytes(request)) / BigInt(memoryCapacity));
  return Math.min(999, Math.max(3, score));
}
