// Asks the API server for a review, again when it has trouble.
import { setTimeout } from 'node:timers/promises';
import { ConnectionError } from '@berth/http/connection-error.ts';
import { ApiError } from '../../apiserver/api-client.ts';

/** As the real kubelet: five times within some four seconds. */
const maxAttempts = 5;
const firstPauseMs = 500;
const factor = 1.5;
const jitter = 0.2;

/** The answer; the last error when there is none. */
export async function askAgain<Result>(
  ask: () => Promise<Result>,
  pause: (ms: number) => Promise<unknown> = setTimeout,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === maxAttempts || !isTransient(error)) throw error;
    }
    await pause(firstPauseMs * factor ** (attempt - 1) * (1 + Math.random() * jitter));
  }
}

/** Whether another attempt may succeed. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.isTransient;
  if (!(error instanceof ApiError)) return false;
  const { code, reason, retryAfterMs } = error;
  return reason === 'InternalError' || code === 504 || code === 429 || retryAfterMs !== undefined;
}
