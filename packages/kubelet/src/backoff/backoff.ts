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

/** Waits by key. Times are milliseconds. */
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
    const until = failedAt + entry.delayMs;
    return now < until ? { until, delayMs: entry.delayMs } : undefined;
  }

  /** The wait that is running at `now` since the last `failed` call. */
  waitingSinceUpdate(key: string, now: number): Wait | undefined {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(entry, now)) return undefined;
    const until = entry.updatedAt + entry.delayMs;
    return now < until ? { until, delayMs: entry.delayMs } : undefined;
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
