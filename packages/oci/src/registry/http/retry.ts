import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from './connection-error.ts';

/** Tries in all, of one request to one host. */
const maxAttempts = 5;
const firstDelay = 100;
const longestDelay = 5_000;

/** A failure that may pass; `after` is how many milliseconds the server asked to wait. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  readonly after: number | undefined;

  constructor(cause: Error, after?: number) {
    super(cause.message, { cause });
    this.after = after;
  }
}

/**
 * Runs `attempt` until it succeeds or fails for good; transient failures are tried again after a doubling, jittered
 * delay. A caller that makes progress between failures says so by `madeProgress`, and the count starts anew.
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

/** Milliseconds that a Retry-After header asks for: seconds or a date. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
