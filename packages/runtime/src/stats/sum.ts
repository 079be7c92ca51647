// Sums the usage of a pod's containers, for a pod without a cgroup of its own. Pure.

import type { CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import type { CgroupUsage } from '@berth/linux/cgroups/usage.ts';

/** The sum of several cgroups' usage; undefined for none. Limits and pressure cannot be summed and are omitted. */
export function sumReadings(readings: readonly (CgroupReading | undefined)[]): CgroupReading | undefined {
  const [first, ...others] = readings.filter((reading) => reading !== undefined);
  if (first === undefined) return undefined;
  const { usage, ...reading } = first;
  const alone: CgroupUsage = {
    cpuNanoseconds: usage.cpuNanoseconds,
    memoryBytes: usage.memoryBytes,
    workingSetBytes: usage.workingSetBytes,
    rssBytes: usage.rssBytes,
    pageFaults: usage.pageFaults,
    majorPageFaults: usage.majorPageFaults,
    pids: usage.pids ?? 0,
  };
  return others.reduce(add, { ...reading, usage: alone });
}

function add(sum: CgroupReading, { at, usage, nanoCores }: CgroupReading): CgroupReading {
  return {
    at: at > sum.at ? at : sum.at,
    usage: {
      cpuNanoseconds: sum.usage.cpuNanoseconds + usage.cpuNanoseconds,
      memoryBytes: sum.usage.memoryBytes + usage.memoryBytes,
      workingSetBytes: sum.usage.workingSetBytes + usage.workingSetBytes,
      rssBytes: sum.usage.rssBytes + usage.rssBytes,
      pageFaults: sum.usage.pageFaults + usage.pageFaults,
      majorPageFaults: sum.usage.majorPageFaults + usage.majorPageFaults,
      pids: (sum.usage.pids ?? 0) + (usage.pids ?? 0),
    },
    // The sum has a rate only when every part has one.
    nanoCores: sum.nanoCores === undefined || nanoCores === undefined ? undefined : sum.nanoCores + nanoCores,
  };
}
