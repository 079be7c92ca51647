// Resource usage of pods and containers: the runtime's counters, and rates from two readings.

/** A counter of the runtime and the time of its reading. */
export interface Reading {
  atNanos: bigint;
  value: bigint;
}

/** The usage of one pod or container; undefined where the runtime does not report it. */
export interface Usage {
  id: string;
  kind: 'pod' | 'container';
  /** `namespace/pod` or `namespace/pod/container`. */
  name: string;
  cpuNanos: Reading | undefined;
  receivedBytes: Reading | undefined;
  sentBytes: Reading | undefined;
  workingSetBytes: number | undefined;
  /** Undefined when there is no limit. */
  limitBytes: number | undefined;
  pids: number | undefined;
  /** Number of restarts; for a pod the sum of its containers. */
  attempt: number;
  createdAtNanos: bigint;
}

/** A row of the screen: usage with rates, which are undefined until the second reading. */
export interface Row {
  usage: Usage;
  /** Percent of one core. */
  cpuPercent: number | undefined;
  receivedPerSecond: number | undefined;
  sentPerSecond: number | undefined;
}

/** The rows of `now`, with rates since `before`. */
export function rowsOf(before: readonly Row[], now: readonly Usage[]): Row[] {
  const known = new Map(before.map((row) => [row.usage.id, row]));
  return now.map((usage) => {
    const row = known.get(usage.id);
    const cpu = perSecond(row?.usage.cpuNanos, usage.cpuNanos, row?.cpuPercent, 1e-7);
    return {
      usage,
      cpuPercent: cpu,
      receivedPerSecond: perSecond(row?.usage.receivedBytes, usage.receivedBytes, row?.receivedPerSecond),
      sentPerSecond: perSecond(row?.usage.sentBytes, usage.sentBytes, row?.sentPerSecond),
    };
  });
}

/** Keeps the rate `last` when the runtime returns the same reading; a counter that decreased was reset. */
function perSecond(
  from: Reading | undefined,
  to: Reading | undefined,
  last: number | undefined,
  scale = 1,
): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  const nanos = Number(to.atNanos - from.atNanos);
  if (nanos <= 0) return last;
  const change = Number(to.value - from.value);
  return change < 0 ? undefined : (change / nanos) * 1e9 * scale;
}
