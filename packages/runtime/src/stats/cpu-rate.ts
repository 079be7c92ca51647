/** CPU time of a cgroup at a time, both in nanoseconds. */
export interface CpuSample {
  readonly at: bigint;
  readonly used: bigint;
}

/** The samples that the next rate is told from: `mark` is the last that is old enough to have followed `base`. */
export interface CpuHistory {
  readonly base: CpuSample | undefined;
  readonly mark: CpuSample;
}

/** The shortest time, in nanoseconds, that a rate may be the average of. */
const shortestWindow = 500_000_000n;

/** What is to be remembered once `sample` is known. Samples that come in quick succession do not shorten the window. */
export function remember(history: CpuHistory | undefined, sample: CpuSample): CpuHistory {
  // Less CPU time than before is another cgroup of the same name.
  if (history === undefined || sample.used < history.mark.used) return { base: undefined, mark: sample };
  return sample.at - history.mark.at < shortestWindow ? history : { base: history.mark, mark: sample };
}

/** CPU time per second, in nanoseconds, between `history` and `sample`; undefined when there is no second sample yet. */
export function nanoCores({ base }: CpuHistory, sample: CpuSample): bigint | undefined {
  if (base === undefined || sample.at <= base.at || sample.used < base.used) return undefined;
  return ((sample.used - base.used) * 1_000_000_000n) / (sample.at - base.at);
}
