import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

const firstMs = 1_000;
const longestMs = 5 * 60_000;

interface Retry {
  readonly what: string;
  readonly attempt: () => Promise<void>;
  waitMs: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Failed clean-ups, each of which is retried until it succeeds: after a second and then with exponential backoff,
 * because no event reports that a plugin works again, and at once when the configuration changes.
 */
export class Retries implements Disposable {
  readonly #log: Logger;
  readonly #waiting = new Map<string, Retry>();
  #closed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * `attempt` does nothing when there is nothing left to do. `key` names the object; a second attempt for it is
   * ignored.
   */
  add(key: string, what: string, attempt: () => Promise<void>): void {
    if (this.#closed || this.#waiting.has(key)) return;
    const retry: Retry = { what, attempt, waitMs: firstMs, timer: undefined };
    this.#waiting.set(key, retry);
    this.#schedule(key, retry);
  }

  /** Retries all now, for example after the network configuration changed. */
  now(): void {
    for (const [key, retry] of this.#waiting) {
      // An attempt without a timer is running.
      if (retry.timer === undefined) continue;
      clearTimeout(retry.timer);
      void this.#try(key, retry);
    }
  }

  /** Number of clean-ups that have not succeeded yet. */
  get size(): number {
    return this.#waiting.size;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #schedule(key: string, retry: Retry): void {
    retry.timer = setTimeout(() => void this.#try(key, retry), retry.waitMs).unref();
  }

  async #try(key: string, retry: Retry): Promise<void> {
    retry.timer = undefined;
    try {
      await retry.attempt();
      this.#waiting.delete(key);
      if (!this.#closed) this.#log.info(`Done at last: ${retry.what}`);
    } catch (error) {
      if (this.#closed) return;
      retry.waitMs = Math.min(retry.waitMs * 2, longestMs);
      this.#log.warning(
        `Trying again in ${retry.waitMs / 1000} s: ${retry.what}: ${messageWithCauses(error)}`,
      );
      this.#schedule(key, retry);
    }
  }
}
