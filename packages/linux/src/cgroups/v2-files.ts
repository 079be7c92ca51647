// Translates resource limits, whose units are those of v1 and the OCI spec, to cgroup v2 control files.
import {
  CgroupResourceError,
  type CgroupResources,
  type ControlFile,
  checkedPageSize,
  type Integer,
  refuseNegative,
} from './resources.ts';

const defaultPeriodUs = 100_000;

/** The writes to cgroup v2 files for limits, in the order to try them. */
export function toV2Files(resources: CgroupResources): ControlFile[] {
  refuseNegative(resources);
  const files: ControlFile[] = [];
  const add = (controller: string, file: string, value: unknown, optional = false): void => {
    files.push({ controller, file, value: String(value), ...(optional ? { optional } : {}) });
  };
  if (resources.cpusetCpus) add('cpuset', 'cpuset.cpus', resources.cpusetCpus);
  if (resources.cpusetMems) add('cpuset', 'cpuset.mems', resources.cpusetMems);
  if (resources.cpuShares) add('cpu', 'cpu.weight', cpuWeight(Number(resources.cpuShares)));
  if (resources.cpuQuota || resources.cpuPeriod) {
    const quota = resources.cpuQuota && resources.cpuQuota > 0 ? resources.cpuQuota : 'max';
    add('cpu', 'cpu.max', `${quota} ${resources.cpuPeriod || defaultPeriodUs}`);
  }
  const swap = swapLimit(resources);
  if (swap !== undefined) add('memory', 'memory.swap.max', limit(swap), swap <= 0n);
  if (resources.memoryLimit) add('memory', 'memory.max', limit(resources.memoryLimit));
  if (resources.pids !== undefined) add('pids', 'pids.max', limit(resources.pids));
  for (const { pageSize, limit: bytes } of resources.hugepages ?? []) {
    add('hugetlb', `hugetlb.${checkedPageSize(pageSize)}.max`, bytes);
  }
  for (const [file, value] of Object.entries(resources.unified ?? {})) {
    const [controller = '', ...rest] = file.split('.');
    if (rest.length === 0 || !/^[\w.]+$/.test(file)) {
      throw new CgroupResourceError(`unified: ${JSON.stringify(file)} is not a file of cgroup v2`);
    }
    add(controller, file, value);
  }
  return files;
}

function limit(value: Integer): string {
  return value < 0 ? 'max' : String(value);
}

/** cgroup v2 limits swap alone; the OCI spec limits memory and swap together. */
export function swapLimit({ memoryLimit = 0, memorySwap = 0 }: CgroupResources): bigint | undefined {
  const memory = BigInt(memoryLimit);
  const swap = BigInt(memorySwap);
  // As on v1, unlimited memory means unlimited swap unless there is an explicit limit.
  if (swap === 0n) return memory === -1n ? -1n : undefined;
  if (swap === -1n || memory === -1n) return swap;
  if (memory === 0n) {
    throw new CgroupResourceError(
      'memorySwap: it counts memory and swap together, so memoryLimit is needed too',
    );
  }
  if (swap < memory) {
    throw new CgroupResourceError(
      `memorySwap: ${swap} is less than memoryLimit, ${memory}, which it includes`,
    );
  }
  return swap - memory;
}

/**
 * The cpu.weight (1 to 10000, default 100) for cpu.shares (2 to 262144, default 1024), by the conversion that the OCI
 * runtimes adopted in 2025: log10 of the weight is a quadratic function of log2 of the shares that maps both ends and
 * the defaults onto each other.
 */
export function cpuWeight(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
