import { untilAborted } from './abort.ts';

/**
 * Runs at most `limit` operations concurrently, in the order of arrival.
 *
 * @example
 * const pulls = new Semaphore(2);
 * let running = 0;
 * const pull = async () => {
 *   assert.ok(++running <= 2);
 *   await new Promise(setImmediate);
 *   running--;
 * };
 * await Promise.all([1, 2, 3, 4].map(() => pulls.run(pull)));
 */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Runs `operation` when a slot is free; rejects with the signal's reason when it is aborted while it waits. */
  async run<Result>(operation: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const release = await this.acquire(signal);
    try {
      return await operation();
    } finally {
      release();
    }
  }

  /** Waits for a slot; the returned function releases it. */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    return () => this.#release();
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn.resolve);
    try {
      await untilAborted(turn.promise, signal);
    } catch (error) {
      const place = this.#waiting.indexOf(turn.resolve);
      // The slot was assigned before the abort: pass it to the next waiter.
      if (place === -1) this.#release();
      else this.#waiting.splice(place, 1);
      throw error;
    }
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
