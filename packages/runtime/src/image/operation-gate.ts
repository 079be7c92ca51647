/**
 * Runs operations concurrently, and cleans up when the last one has ended: while one runs, what looks unused may be
 * what it is about to use. An operation that begins during a clean-up waits for it.
 */
export class OperationGate {
  readonly #cleanUp: () => Promise<void>;
  #active = 0;
  #cleaning: Promise<void> = Promise.resolve();

  /** `cleanUp` must not reject. */
  constructor(cleanUp: () => Promise<void>) {
    this.#cleanUp = cleanUp;
  }

  /** Runs an operation; the one that ends last returns after the clean-up. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    this.#active += 1;
    try {
      await this.#cleaning;
      return await operation();
    } finally {
      this.#active -= 1;
      if (this.#active === 0) {
        this.#cleaning = this.#cleanUp();
        await this.#cleaning;
      }
    }
  }
}
