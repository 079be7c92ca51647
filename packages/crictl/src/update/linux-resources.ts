// The resource limits in the flags of `update`.
import type { LinuxContainerResources } from '@berth/cri/generated/api.ts';
import { type FlagValues, parseInteger } from '../cli/flags.ts';

const forWindows = 'Windows only, no effect on Linux';

/** Flags named as in the CRI; 0 and an empty text do not change a limit. */
export const resourceFlags = {
  'cpu-count': { type: 'int64', usage: `Number of CPUs; ${forWindows}` },
  'cpu-maximum': { type: 'int64', usage: `Maximum CPU usage in hundredths of a percent; ${forWindows}` },
  'cpu-period': { type: 'int64', usage: 'CFS period in microseconds' },
  'cpu-quota': { type: 'int64', usage: 'CPU time per --cpu-period in microseconds' },
  'cpu-share': { type: 'int64', usage: 'CPU shares (relative weight)' },
  memory: { type: 'int64', usage: 'Memory limit in bytes' },
  'cpuset-cpus': { type: 'string', usage: 'CPUs to run on, such as 0-2,4' },
  'cpuset-mems': { type: 'string', usage: 'Memory nodes to use, such as 0,1' },
  'oom-score-adj': {
    type: 'string',
    usage: 'oom_score_adj of the container, -1000 to 1000',
  },
} as const;

/** Pure: the limits to request. Throws UsageError for a score that is not a number. */
export function linuxResources(
  flags: FlagValues<typeof resourceFlags>,
): Omit<LinuxContainerResources, 'hugepageLimits' | 'unified' | 'memorySwapLimitInBytes'> {
  const score = flags['oom-score-adj'];
  return {
    cpuPeriod: flags['cpu-period'],
    cpuQuota: flags['cpu-quota'],
    cpuShares: flags['cpu-share'],
    memoryLimitInBytes: flags.memory,
    cpusetCpus: flags['cpuset-cpus'],
    cpusetMems: flags['cpuset-mems'],
    oomScoreAdj: score === '' ? 0n : parseInteger('oom-score-adj', score),
  };
}
