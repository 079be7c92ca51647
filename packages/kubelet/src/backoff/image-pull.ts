// ImagePullBackOff: waits between attempts to pull an image, 10 s, doubled with each failure up to 5 minutes.
import type { StartFailure } from '../kubecontainer/start-error.ts';
import { Backoff } from './backoff.ts';

/** A pull in back-off. */
export interface PullWait {
  /** The message in the container's status. */
  message: string;
  /** Milliseconds since the epoch. */
  until: number;
}

/** Waits of each pod for each of its images. Times are milliseconds since the epoch. */
export class PullBackoff {
  readonly #backoff = new Backoff({ initialMs: 10_000, maxMs: 300_000, forgetAfterMs: 600_000 });
  readonly #lastErrors = new Map<string, string>();

  /** The wait that is running at `now`; undefined: pull. */
  waiting(podUid: string, image: string, now: number): PullWait | undefined {
    const key = keyOf(podUid, image);
    const wait = this.#backoff.waitingSinceUpdate(key, now);
    const error = this.#lastErrors.get(key) ?? '';
    return wait && { message: `Back-off pulling image "${image}": ${error}`, until: wait.until };
  }

  /** Records a failure at `now`. */
  failed(podUid: string, image: string, { reason, message }: StartFailure, now: number): void {
    const key = keyOf(podUid, image);
    this.#backoff.next(key, now, now);
    this.#lastErrors.set(key, `${reason}: ${message}`);
  }

  /** Drops the waits of a removed pod. */
  forget(podUid: string): void {
    this.#backoff.forget(keyOf(podUid, ''));
    for (const key of this.#lastErrors.keys()) {
      if (key.startsWith(keyOf(podUid, ''))) this.#lastErrors.delete(key);
    }
  }
}

function keyOf(podUid: string, image: string): string {
  return `${podUid}_${image}`;
}
