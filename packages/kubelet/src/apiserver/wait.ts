// Waiting for something, but not for ever.
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with `done`, or after `ms`; at once when that is not positive. */
export async function untilOrFor(done: Promise<unknown>, ms: number): Promise<void> {
  if (ms <= 0) return;
  const over = new AbortController();
  const timeout = sleep(ms, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([done, timeout]);
  over.abort();
}
