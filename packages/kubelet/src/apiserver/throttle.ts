// Delays requests to a rate.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { createLogger } from '../klog/klog.ts';
import { type Bucket, fullBucket, type Rate, returnToken, takeToken } from './token-bucket.ts';

const log = createLogger('throttle.ts');

/** Waits that are worth a line in the log, the longer ones also without detail, but not often. */
const longMs = 50;
const veryLongMs = 1000;
const minLogIntervalMs = 10_000;

/** The rate limit of one client. */
export class Throttle {
  readonly #rate: Rate;
  #bucket: Bucket;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#bucket = fullBucket(rate, performance.now());
  }

  /** Resolves when a request may be sent; `what` names it in the log. */
  async wait(what: string, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const { bucket, waitMs } = takeToken(this.#bucket, this.#rate, now);
    this.#bucket = bucket;
    if (waitMs === 0) return;
    await sleepUntilAborted(waitMs, signal);
    if (signal.aborted) {
      this.#bucket = returnToken(this.#bucket, this.#rate);
      signal.throwIfAborted();
    }
    this.#tell(what, waitMs, now);
  }

  #tell(what: string, waitMs: number, now: number): void {
    const fields = { delay: `${Math.round(waitMs)}ms`, reason: 'client-side throttling', request: what };
    if (waitMs >= veryLongMs && now - this.#loggedAt >= minLogIntervalMs) {
      this.#loggedAt = now;
      log.info('Waited before sending request', fields);
    } else if (waitMs >= longMs) log.v(3, 'Waited before sending request', fields);
  }
}
