// Converts the CRI's resource limits to config.json, limited to what this host's cgroups support. Pure.

import type { LinuxContainerResources } from '@berth/cri/generated/api.ts';
import type { LinuxCpu, LinuxMemory, LinuxResources } from '@berth/oci/runtime-spec/config.ts';
import type { RuntimeFlavor } from '../oci-runtime/runtime.ts';
import { invalid } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import type { HostFacts } from './input.ts';

export type ResourceFacts = Pick<HostFacts, 'cgroupVersion' | 'hugetlb' | 'swapAccounting'>;

/** The request's field, for messages, and the receiver of warnings about limits that this host does not support. */
interface Told {
  field: string;
  warn: Warn;
}

/**
 * Converts a container's limits to config.json, without devices. Zero means unset. Limits whose controller this host
 * lacks are omitted, as by other runtimes.
 */
export function linuxResources(
  request: LinuxContainerResources | undefined,
  host: ResourceFacts,
  told: Told,
): LinuxResources {
  if (request === undefined) return {};
  const { field, warn } = told;
  const cpu = cpuResources(request, host, field);
  const memory = memoryResources(request, host, told);
  const hugepageLimits = hugepages(request, host, told);
  const unified = host.cgroupVersion === 'v2' ? request.unified : {};
  if (Object.keys(request.unified).length > 0 && host.cgroupVersion !== 'v2') {
    warn(
      `${field}.unified`,
      `ignored: this host has cgroup ${host.cgroupVersion}, and these settings are cgroup v2's`,
    );
  }
  return {
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(hugepageLimits.length > 0 ? { hugepageLimits } : {}),
    ...(Object.keys(unified).length > 0 ? { unified } : {}),
  };
}

function cpuResources(request: LinuxContainerResources, host: ResourceFacts, field: string): LinuxCpu {
  const shares = number(request.cpuShares, `${field}.cpu_shares`, 0n);
  // The kernel treats any negative quota as no quota.
  const quota = request.cpuQuota < 0n ? -1 : number(request.cpuQuota, `${field}.cpu_quota`, 0n);
  const period = number(request.cpuPeriod, `${field}.cpu_period`, 0n);
  return {
    ...(shares === 0 ? {} : { shares }),
    // A new cgroup has no quota; crun cannot write a negative one on v1.
    ...(quota === 0 || (quota < 0 && host.cgroupVersion !== 'v2') ? {} : { quota }),
    ...(period === 0 ? {} : { period }),
    ...(request.cpusetCpus === '' ? {} : { cpus: request.cpusetCpus }),
    ...(request.cpusetMems === '' ? {} : { mems: request.cpusetMems }),
  };
}

function memoryResources(
  request: LinuxContainerResources,
  host: ResourceFacts,
  { field, warn }: Told,
): LinuxMemory {
  const limit = number(request.memoryLimitInBytes, `${field}.memory_limit_in_bytes`, -1n);
  const swap = number(request.memorySwapLimitInBytes, `${field}.memory_swap_limit_in_bytes`, -1n);
  if (swap !== 0 && !host.swapAccounting) {
    warn(`${field}.memory_swap_limit_in_bytes`, 'ignored: the kernel does not account for swap');
  } else if (swap > 0 && limit <= 0) {
    // memory.memsw requires a memory limit.
    warn(
      `${field}.memory_swap_limit_in_bytes`,
      'ignored: there is no memory limit, and it is the sum of both',
    );
    return limit === 0 ? {} : { limit };
  } else if (swap > 0 && limit > swap) {
    throw invalid(
      `${field}.memory_swap_limit_in_bytes`,
      `${swap} is less than the memory limit of ${limit}; it is their sum`,
    );
  }
  return {
    ...(limit === 0 ? {} : { limit }),
    // A sum equal to the limit allows no swap, which is what a memory limit alone means in Kubernetes.
    ...(host.swapAccounting && (swap !== 0 || limit !== 0) ? { swap: swap === 0 ? limit : swap } : {}),
  };
}

function hugepages(request: LinuxContainerResources, host: ResourceFacts, { field, warn }: Told) {
  return request.hugepageLimits.flatMap(({ pageSize, limit }, index) => {
    if (host.hugetlb) {
      return [{ pageSize, limit: Number(limit) }];
    }
    // Kubelets send all page sizes. A limit of 0 needs no warning: a host without huge pages fulfils it.
    if (limit !== 0n) {
      warn(
        `${field}.hugepage_limits[${index}]`,
        `ignored: this host has no hugetlb controller to limit ${pageSize} pages with`,
      );
    }
    return [];
  });
}

/** Converts to a number for JSON. Rounding above 8 PiB makes no difference. */
function number(value: bigint, field: string, least: bigint): number {
  if (value < least) throw invalid(field, `${value} is out of range`);
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
}

/** The oom_score_adj, at least the minimum that berthd may set without CAP_SYS_RESOURCE. */
export function oomScoreAdj(
  request: LinuxContainerResources | undefined,
  host: Pick<HostFacts, 'minOomScoreAdj'>,
  field = 'config.linux.resources',
): number {
  const wanted = request?.oomScoreAdj ?? 0n;
  if (wanted < -1000n || wanted > 1000n) {
    throw invalid(`${field}.oom_score_adj`, `${wanted} is not between -1000 and 1000`);
  }
  return Math.max(Number(wanted), host.minOomScoreAdj);
}

/**
 * Minimum memory limit in bytes with which a container can be created, because the OCI runtime itself runs within it.
 * For crun CRI-O's value; for runc the limit below which it fails.
 */
const leastMemory: Record<RuntimeFlavor, number> = { crun: 500 * 1024, runc: 2 * 1024 ** 2, other: 0 };

/** Refuses a memory limit so low that the kernel would kill the OCI runtime; `limit` as in config.json. */
export function refuseTooLittleMemory(
  limit: number | undefined,
  flavor: RuntimeFlavor,
  field = 'config.linux.resources',
): void {
  const least = leastMemory[flavor];
  if (limit === undefined || limit < 0 || limit >= least) return;
  throw invalid(
    `${field}.memory_limit_in_bytes`,
    `set memory limit ${limit} too low; should be at least ${least} bytes`,
  );
}
