// When to try again to make a volume: after half a second, then twice as long each time, up to two minutes.
import type { Wait } from '../backoff/backoff.ts';

const firstMs = 500;
const longestMs = 122_000;

/** The waits of each pod for each of its volumes. */
export class MountRetries {
  readonly #waits = new Map<string, Map<string, Wait>>();

  /**
   * Records a failure at `now` (milliseconds since the epoch), and returns the time of the next attempt. An attempt
   * before its time, because something has happened, does not lengthen the wait.
   */
  failed(uid: string, volume: string, now: number): number {
    const waits = this.#waits.get(uid) ?? new Map<string, Wait>();
    this.#waits.set(uid, waits);
    const wait = waits.get(volume);
    // The time of one that is further away than it is long is of a clock that has been set back since.
    if (wait && now < wait.until && wait.until - now <= wait.delayMs) return wait.until;
    const delayMs = wait ? Math.min(wait.delayMs * 2, longestMs) : firstMs;
    waits.set(volume, { delayMs, until: now + delayMs });
    return now + delayMs;
  }

  /** Forgets the failures of a volume that was made. */
  succeeded(uid: string, volume: string): void {
    this.#waits.get(uid)?.delete(volume);
  }

  /** Drops the waits of a removed pod. */
  forget(uid: string): void {
    this.#waits.delete(uid);
  }
}
