import { untilAborted } from '@berth/common/abort.ts';
import { PullProgress } from './pull-progress.ts';

/** A pull that is under way. */
interface SharedPull {
  /** Resolves to the image's id. */
  readonly result: Promise<string>;
  readonly progress: PullProgress;
  readonly abort: AbortController;
  callers: number;
}

/** Pulls an image. It stops when the signal aborts, and records its progress. */
export type Pull = (signal: AbortSignal, progress: PullProgress) => Promise<string>;

/**
 * Shares one pull among concurrent requests for the same image. It is cancelled when the last of them is cancelled.
 */
export class SharedPulls {
  readonly #running = new Map<string, SharedPull>();

  /**
   * Joins the pull of `key`, or starts it. The key contains everything that the outcome depends on, credentials
   * included. `result` rejects with the signal's reason when this caller is cancelled.
   */
  join(key: string, signal: AbortSignal, pull: Pull): { result: Promise<string>; progress: PullProgress } {
    const shared = this.#running.get(key) ?? this.#start(key, pull);
    shared.callers += 1;
    return { result: this.#wait(key, shared, signal), progress: shared.progress };
  }

  /** The pulls that are under way, by key. */
  running(): [key: string, progress: PullProgress][] {
    return [...this.#running].map(([key, { progress }]) => [key, progress]);
  }

  #start(key: string, pull: Pull): SharedPull {
    const abort = new AbortController();
    const progress = new PullProgress();
    const result = pull(abort.signal, progress).finally(() => {
      progress.end();
      this.#forget(key, shared);
    });
    // Callers handle the failure; this only avoids an unhandled rejection when no caller is left.
    result.catch(() => {});
    const shared: SharedPull = { result, progress, abort, callers: 0 };
    this.#running.set(key, shared);
    return shared;
  }

  async #wait(key: string, shared: SharedPull, signal: AbortSignal): Promise<string> {
    try {
      return await untilAborted(shared.result, signal);
    } finally {
      shared.callers -= 1;
      if (shared.callers === 0) {
        // Forget it now: a new request must not join a pull that is being cancelled.
        this.#forget(key, shared);
        shared.abort.abort(signal.reason);
      }
    }
  }

  #forget(key: string, shared: SharedPull): void {
    if (this.#running.get(key) === shared) this.#running.delete(key);
  }
}
