/**
 * Runs operations of one key one after another, in the order they came, and those of different keys at
 * the same time. It is berthd's only lock: one queue has a key for each sandbox, one for each container.
 */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Resolves or rejects as `operation` does, which starts when all earlier ones of `key` have ended. */
  run<Result>(key: string, operation: () => Promise<Result>): Promise<Result> {
    const tail = this.#tails.get(key);
    const result = tail === undefined ? operation() : tail.then(operation);
    const settled = result.then(
      () => {},
      () => {},
    );
    this.#tails.set(key, settled);
    settled.then(() => {
      if (this.#tails.get(key) === settled) this.#tails.delete(key);
    });
    return result;
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
