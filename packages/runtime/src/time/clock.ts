/** The time as in CRI: nanoseconds since 1970, with microsecond resolution. */
export function nowNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

/** The longest timeout of setTimeout, 24 days: a longer one fires at once. */
export const maxTimerMs = 2 ** 31 - 1;
