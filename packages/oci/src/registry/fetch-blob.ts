import type { IncomingMessage } from 'node:http';
import { hasCode } from '@berth/common/error-code.ts';
import type { ContentStore, Ingest } from '../content/store.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import { DigestMismatchError } from '../image-spec/digest.ts';
import type { RepositoryClient } from './client.ts';
import { RegistryError } from './http/errors.ts';
import { bodyError } from './http/http.ts';
import { retryAfter, TransientError, withRetries } from './http/retry.ts';

/** Bytes between two failures that make a download worth going on with, however often it breaks. */
const worthwhile = 64 * 1024;

/** What fetchBlob needs. */
export interface BlobFetch {
  client: RepositoryClient;
  descriptor: Descriptor;
  store: ContentStore;
  signal: AbortSignal | undefined;
  /** Called as bytes come in, with how many of the blob are there. */
  onBytes: (received: number) => void;
}

/**
 * Downloads one blob into the store, going on where an earlier attempt stopped, an attempt of an earlier process
 * included. The digest is computed as the bytes stream; sizes other than the descriptor's are refused.
 * Call it within `store.exclusive`.
 */
export async function fetchBlob(fetch: BlobFetch): Promise<void> {
  const ingest = await fetch.store.ingest(fetch.descriptor.digest);
  const resumedAt = ingest.offset;
  try {
    await download(fetch, ingest);
    await ingest.commit().catch(async (error) => {
      // What was left by an earlier process may be damaged, so the whole gets one more chance.
      if (!(error instanceof DigestMismatchError) || resumedAt === 0) throw error;
      await download(fetch, ingest);
      await ingest.commit();
    });
  } catch (error) {
    // On a full disk the space does more good than a head start for the next try.
    if (ingest.offset === 0 || hasCode(error, 'ENOSPC', 'EDQUOT')) await ingest.discard();
    throw error;
  } finally {
    await ingest.close();
  }
}

async function download(fetch: BlobFetch, ingest: Ingest): Promise<void> {
  if (ingest.offset > fetch.descriptor.size) await ingest.restart();
  let furthest = ingest.offset;
  await withRetries(
    fetch.signal,
    () => downloadRest(fetch, ingest),
    () => {
      // A server that makes the download begin again and again makes no progress.
      const progressed = ingest.offset - furthest >= worthwhile;
      furthest = Math.max(furthest, ingest.offset);
      return progressed;
    },
  );
}

async function downloadRest(fetch: BlobFetch, ingest: Ingest): Promise<void> {
  const { client, descriptor, signal, onBytes } = fetch;
  const { digest, size } = descriptor;
  if (ingest.offset === size) return;
  const range: Record<string, string> = ingest.offset > 0 ? { range: `bytes=${ingest.offset}-` } : {};
  const response = await client.get(`blobs/${digest}`, range, signal);
  try {
    await placeResponse(response, ingest);
    for await (const chunk of response) {
      if (ingest.offset + chunk.length > size) {
        await ingest.restart();
        throw new RegistryError(
          'invalid-content',
          `blob ${digest} is larger than its descriptor's ${size} bytes`,
        );
      }
      await ingest.write(chunk);
      onBytes(ingest.offset);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw bodyError(error, client.host.url);
  } finally {
    response.destroy();
  }
  if (ingest.offset < size) {
    throw new TransientError(
      new RegistryError('invalid-content', `blob ${digest} ended after ${ingest.offset} of ${size} bytes`),
    );
  }
}

/** Brings the ingest to the offset that the response starts at. */
async function placeResponse(response: IncomingMessage, ingest: Ingest): Promise<void> {
  if (ingest.offset === 0) return;
  const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  if (response.statusCode === 206 && Number(start) === ingest.offset) return;
  await ingest.restart();
  // A 200 is the whole blob, from servers that do not know ranges; any other part is of no use.
  if (response.statusCode !== 200) {
    const after = retryAfter(response.headers['retry-after'], Date.now());
    throw new TransientError(
      new RegistryError('invalid-content', 'the registry sent another range than asked for'),
      after,
    );
  }
}
