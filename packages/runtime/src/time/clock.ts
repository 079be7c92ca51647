/** The time as CRI has it: nanoseconds since 1970, here of microsecond grain. */
export function nowNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

/** What setTimeout can wait at most, 24 days: asked for more it does not wait at all. */
export const maxTimerMs = 2 ** 31 - 1;
