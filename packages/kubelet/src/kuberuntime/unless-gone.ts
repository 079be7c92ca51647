// Calls about things that may go while we speak of them.
import { CriError } from '@berth/cri/errors/cri-error.ts';

/** The answer to a call; undefined when what it is about is gone: removed since it was listed, or by another. */
export async function unlessGone<Response>(call: Promise<Response>): Promise<Response | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CriError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
