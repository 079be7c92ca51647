// Moments in statistics, in JSON as Kubernetes writes times.

/** A moment, in nanoseconds since 1970. */
export class Instant {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }

  /** From milliseconds since 1970. */
  static ofMs(ms: number): Instant {
    return new Instant(BigInt(Math.round(ms)) * 1_000_000n);
  }

  get ms(): number {
    return Number(this.ns / 1_000_000n);
  }

  /** As in `2026-01-31T12:00:00Z`: whole seconds. */
  toJSON(): string {
    return new Date(this.ms).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

/** The later of two moments. */
export function later(a: Instant, b: Instant): Instant {
  return a.ns < b.ns ? b : a;
}
