// Calls about sandboxes and containers that may have been removed.
import { CriError } from '@berth/cri/errors/cri-error.ts';

/** The answer to a call; undefined for NOT_FOUND: the object was removed since it was listed. */
export async function unlessGone<Response>(call: Promise<Response>): Promise<Response | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CriError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
