// Translates resource limits to cgroup v1 control files, in an order that the kernel accepts.
import {
  CgroupResourceError,
  type CgroupResources,
  type ControlFile,
  checkedPageSize,
  refuseNegative,
} from './resources.ts';

/** The writes to cgroup v1 files for limits, in the order to try them. */
export function toV1Files(resources: CgroupResources): ControlFile[] {
  refuseNegative(resources);
  const files: ControlFile[] = [];
  const add = (controller: string, file: string, value: unknown): void => {
    files.push({ controller, file, value: String(value) });
  };
  if (resources.unified !== undefined && Object.keys(resources.unified).length > 0) {
    throw new CgroupResourceError('unified: these are files of cgroup v2, and this machine has cgroup v1');
  }
  if (resources.cpusetCpus) add('cpuset', 'cpuset.cpus', resources.cpusetCpus);
  if (resources.cpusetMems) add('cpuset', 'cpuset.mems', resources.cpusetMems);
  if (resources.cpuShares) add('cpu', 'cpu.shares', resources.cpuShares);
  if (resources.cpuPeriod) add('cpu', 'cpu.cfs_period_us', resources.cpuPeriod);
  if (resources.cpuQuota) add('cpu', 'cpu.cfs_quota_us', resources.cpuQuota);
  const { memoryLimit, memorySwap } = resources;
  if (memoryLimit) add('memory', 'memory.limit_in_bytes', memoryLimit);
  if (memorySwap) {
    add('memory', 'memory.memsw.limit_in_bytes', memorySwap);
  } else if (memoryLimit && BigInt(memoryLimit) === -1n) {
    files.push({ controller: 'memory', file: 'memory.memsw.limit_in_bytes', value: '-1', optional: true });
  }
  if (resources.pids !== undefined) add('pids', 'pids.max', resources.pids < 0 ? 'max' : resources.pids);
  for (const { pageSize, limit } of resources.hugepages ?? []) {
    add('hugetlb', `hugetlb.${checkedPageSize(pageSize)}.limit_in_bytes`, limit);
  }
  return files;
}
