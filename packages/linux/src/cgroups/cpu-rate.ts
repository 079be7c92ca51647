/** CPU time of a cgroup at a time, both in nanoseconds. */
export interface CpuSample {
  readonly at: bigint;
  readonly used: bigint;
}

/** The samples for the next rate: `mark` is the last that is old enough to have followed `base`. */
export interface CpuHistory {
  readonly base: CpuSample | undefined;
  readonly mark: CpuSample;
}

/** The shortest window of a rate in nanoseconds. */
const shortestWindow = 500_000_000n;

/** The history after `sample`. Samples in quick succession do not shorten the window. */
export function remember(history: CpuHistory | undefined, sample: CpuSample): CpuHistory {
  // Less CPU time than before means a new cgroup of the same name.
  if (history === undefined || sample.used < history.mark.used) return { base: undefined, mark: sample };
  return sample.at - history.mark.at < shortestWindow ? history : { base: history.mark, mark: sample };
}

/** CPU time per second, in nanoseconds, between `history` and `sample`; undefined without a second sample. */
export function nanoCores({ base }: CpuHistory, sample: CpuSample): bigint | undefined {
  if (base === undefined || sample.at <= base.at || sample.used < base.used) return undefined;
  return ((sample.used - base.used) * 1_000_000_000n) / (sample.at - base.at);
}
