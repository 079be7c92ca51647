// A lock per key: berthd runs the operations of one sandbox, and downloads of one blob, one after another.
import { untilAborted } from './abort.ts';

/**
 * Runs operations of one key sequentially, in the order of the calls, and operations of different keys concurrently.
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
   * Runs `operation` after all earlier operations of `key`, and settles as it does. Rejects with the signal's reason
   * when the signal is aborted before the operation starts.
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

  /** Number of keys with a running or waiting operation. */
  get busy(): number {
    return this.#tails.size;
  }

  /** Resolves when all operations have ended, including those that are queued while it waits. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
