// Exponential backoff per key, which crash-loop.ts and image-pull.ts share.

/** How long to wait: `initialMs` at first, doubled each time, never more than `maxMs`. */
export interface BackoffLimits {
  initialMs: number;
  maxMs: number;
  /** How long without a failure until the next one waits `initialMs` again. */
  forgetAfterMs: number;
}

/** A running wait. */
export interface Wait {
  /** Milliseconds since the epoch. */
  until: number;
  /** Length of the whole wait. */
  delayMs: number;
}

interface Entry {
  delayMs: number;
  updatedAt: number;
}

/**
 * A failure later than now by more than this was told by a clock that has been set back since: what was left of the wait
 * is lost. A runtime's times are finer than those of Date.now().
 */
const toleranceMs = 1000;

/** Waits by key. Times are milliseconds of the clock of the day, which may be set. */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: BackoffLimits) {
    this.#limits = { ...limits, initialMs: Math.min(limits.initialMs, limits.maxMs) };
  }

  /** The wait that is running at `now` after a failure at `failedAt`; undefined: try again. */
  waiting(key: string, failedAt: number, now: number): Wait | undefined {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(entry, failedAt)) return undefined;
    return runningWait(failedAt, entry, now);
  }

  /** The wait that is running at `now` since the last `failed` call. */
  waitingSinceUpdate(key: string, now: number): Wait | undefined {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(entry, now)) return undefined;
    return runningWait(entry.updatedAt, entry, now);
  }

  /** Records another attempt at `now` after a failure at `failedAt`: the next wait is twice as long. */
  next(key: string, failedAt: number, now: number): void {
    const entry = this.#entries.get(key);
    const delayMs =
      !entry || this.#expired(entry, failedAt)
        ? this.#limits.initialMs
        : Math.min(entry.delayMs * 2, this.#limits.maxMs);
    this.#entries.set(key, { delayMs, updatedAt: now });
  }

  /** Forgets all keys that begin with `prefix`, but not `kept`. */
  forget(prefix: string, kept?: string): void {
    for (const key of this.#entries.keys()) {
      if (key.startsWith(prefix) && key !== kept) this.#entries.delete(key);
    }
  }

  #expired(entry: Entry, at: number): boolean {
    return at - entry.updatedAt > this.#limits.forgetAfterMs;
  }
}

function runningWait(since: number, { delayMs }: Entry, now: number): Wait | undefined {
  const until = since + delayMs;
  return now < until && since <= now + toleranceMs ? { until, delayMs } : undefined;
}
