import { Semaphore } from '@berth/common/semaphore.ts';

/** Bytes of documents that every pull may have in memory. */
const freeBytes = 256 * 1024;

/** Pulls with more than that at a time: what is parsed of them takes a dozen times their bytes. */
const largePulls = new Semaphore(2);

/**
 * What a pull holds of manifests, indexes and configurations. Honest ones have kilobytes; a pull whose documents are
 * larger waits for its turn, and only such pulls wait for each other.
 */
export class DocumentBudget implements Disposable {
  readonly #signal: AbortSignal | undefined;
  #held = 0;
  #release: (() => void) | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Resolves when the pull may have that many bytes more. */
  async admit(bytes: number): Promise<void> {
    this.#held += bytes;
    if (this.#held > freeBytes) this.#release ??= await largePulls.acquire(this.#signal);
  }

  [Symbol.dispose](): void {
    this.#release?.();
  }
}
