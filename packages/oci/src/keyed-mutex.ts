import { untilAborted } from './abort.ts';

/** Lets one operation per key run at a time, in the order of asking; different keys do not wait for each other. */
export class KeyedMutex {
  private readonly tails = new Map<string, Promise<void>>();

  /** Runs `operation` when it is its turn; rejects with the signal's reason when that fires while it waits. */
  async run<T>(key: string, signal: AbortSignal | undefined, operation: () => Promise<T>): Promise<T> {
    const previous = this.tails.get(key);
    const turn = Promise.withResolvers<void>();
    // Whoever gives up waiting must not let those behind it overtake the one that runs.
    const tail = previous ? Promise.all([previous, turn.promise]).then(() => {}) : turn.promise;
    this.tails.set(key, tail);
    try {
      if (previous) await untilAborted(previous, signal);
      signal?.throwIfAborted();
      return await operation();
    } finally {
      turn.resolve();
      if (this.tails.get(key) === tail) void tail.then(() => this.forget(key, tail));
    }
  }

  private forget(key: string, tail: Promise<void>): void {
    if (this.tails.get(key) === tail) this.tails.delete(key);
  }
}
