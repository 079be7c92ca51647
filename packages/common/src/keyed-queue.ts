import { untilAborted } from './abort.ts';

/**
 * Runs operations of one key one after another, in the order of the calls, and those of different keys concurrently.
 *
 * @example
 * const queue = new KeyedQueue();
 * const order: string[] = [];
 * const step = (name: string) => async () => {
 *   await new Promise(setImmediate);
 *   order.push(name);
 * };
 * void queue.run('pod-a', step('stop a'));
 * void queue.run('pod-a', step('remove a'));
 * await queue.idle();
 * assert.deepEqual(order, ['stop a', 'remove a']);
 */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Runs `operation` when all earlier ones of `key` have ended; settles as it does. Rejects with the signal's reason
   * when that fires before its turn.
   */
  async run<Result>(key: string, operation: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const previous = this.#tails.get(key);
    const turn = Promise.withResolvers<void>();
    // An operation that is aborted while it waits must not let later ones overtake the one that runs.
    const tail = previous === undefined ? turn.promise : previous.then(() => turn.promise);
    this.#tails.set(key, tail);
    try {
      if (previous !== undefined) await untilAborted(previous, signal);
      signal?.throwIfAborted();
      return await operation();
    } finally {
      turn.resolve();
      void tail.then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
      });
    }
  }

  /** Keys with an operation that runs or waits. */
  get busy(): number {
    return this.#tails.size;
  }

  /** Resolves when everything that was queued so far, and what was queued meanwhile, has ended. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
