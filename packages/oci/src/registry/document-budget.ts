// Bounds the memory that hostile or very large manifests can take across concurrent pulls.
import { Semaphore } from '@berth/common/semaphore.ts';

/** Bytes of documents that each pull may hold without waiting. */
const freeBytes = 256 * 1024;

/** Pulls with more bytes that run concurrently: parsed documents take a dozen times their size. */
const largePulls = new Semaphore(2);

/**
 * Limits the memory of manifests, indexes and configurations. Ordinary ones have kilobytes; a pull with larger ones
 * waits for other such pulls, and delays no ordinary pull.
 */
export class DocumentBudget implements Disposable {
  readonly #signal: AbortSignal | undefined;
  #held = 0;
  #release: (() => void) | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Resolves when the pull may hold this many more bytes. */
  async admit(bytes: number): Promise<void> {
    this.#held += bytes;
    if (this.#held > freeBytes) this.#release ??= await largePulls.acquire(this.#signal);
  }

  [Symbol.dispose](): void {
    this.#release?.();
  }
}
