// Decides which failed requests are repeated, and when: backoff, jitter, Retry-After.
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from '@berth/http/connection-error.ts';

/** Maximum number of attempts of a request to one host. */
const maxAttempts = 5;
const firstDelay = 100;
const longestDelay = 5_000;

/** A failure that may be temporary; `after` is the Retry-After of the server in milliseconds. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  readonly after: number | undefined;

  constructor(cause: Error, after?: number) {
    super(cause.message, { cause });
    this.after = after;
  }
}

/**
 * Retries `attempt` on transient errors, with exponential backoff and jitter. `madeProgress` resets the count of
 * attempts.
 */
export async function withRetries<T>(
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
  madeProgress: () => boolean = () => false,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      const isTransient =
        error instanceof TransientError || (error instanceof ConnectionError && error.isTransient);
      if (madeProgress()) failures = 1;
      if (!isTransient || failures >= maxAttempts) {
        throw error instanceof TransientError ? error.cause : error;
      }
      await sleep(delay(failures, error instanceof TransientError ? error.after : undefined), undefined, {
        signal,
      });
    }
  }
}

function delay(failures: number, asked: number | undefined): number {
  const backoff = firstDelay * 2 ** (failures - 1) * (0.5 + Math.random());
  return Math.min(longestDelay, Math.max(backoff, asked ?? 0));
}

/** The milliseconds of a Retry-After header, which is a number of seconds or a date. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
