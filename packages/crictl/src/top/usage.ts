// What pods and containers use: the runtime's counters, and what two readings of them say per second.

/** A counter and when the runtime read it, both as it gives them. */
export interface Reading {
  atNanos: bigint;
  value: bigint;
}

/** One pod or container as the runtime tells of it. What the runtime does not tell is undefined. */
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
  /** How often it was started anew; of a pod all of its containers together. */
  attempt: number;
  createdAtNanos: bigint;
}

/** A line of the screen: usage with its rates. A rate is undefined until there were two readings. */
export interface Row {
  usage: Usage;
  /** Of one core, 100 being all of it. */
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

/** `last` stands while the runtime gives the same reading again; a counter that fell started anew. */
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
