// Waits that an AbortSignal ends.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { maxTimerMs } from './max-timer.ts';

/**
 * Waits for a promise; rejects with the signal's reason when that fires first, or has fired. A later failure of the promise is
 * nobody's then, and ignored.
 *
 * @example
 * const controller = new AbortController();
 * const never = new Promise(() => {});
 * const waiting = untilAborted(never, controller.signal);
 * controller.abort(new Error('shutting down'));
 * await assert.rejects(waiting, /shutting down/);
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) {
    // Unhandled, its rejection would end the process.
    promise.catch(() => {});
    throw signal.reason;
  }
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Resolves when the signal fires, at once when it has fired already. */
export async function onceAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/**
 * Resolves after so many milliseconds (24 days at most), or when the signal fires.
 *
 * @param ref whether the wait keeps the process alive
 */
export async function sleepUntilAborted(
  ms: number,
  signal: AbortSignal,
  { ref = true }: { ref?: boolean } = {},
): Promise<void> {
  await setTimeout(Math.min(ms, maxTimerMs), undefined, { signal, ref }).catch(() => {});
}
