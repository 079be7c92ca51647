// Answers that the server has compressed: an API server does so with those of more than 128 KiB.
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { HttpResponse } from './exchange.ts';

/** Asks for such answers. */
export const acceptEncoding = 'gzip';

/** The answer with the body as it was before. Whoever reads it limits its length. */
export function decoded(response: HttpResponse): HttpResponse {
  if (response.headers['content-encoding'] !== acceptEncoding) return response;
  // Its errors, and those of what it reads, are for the reader; both end together.
  const body = pipeline(response.body, createGunzip(), () => {});
  return { ...response, body };
}
