// Downloads one blob with Range requests: resumes after a broken connection, and after a restart of the daemon.
import type { IncomingMessage } from 'node:http';
import { hasCode } from '@berth/common/error-code.ts';
import type { ContentStore, Ingest } from '../content/store.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import { DigestMismatchError } from '../image-spec/digest.ts';
import type { RepositoryClient } from './client.ts';
import { RegistryError } from './http/errors.ts';
import { bodyError } from './http/http.ts';
import { retryAfter, TransientError, withRetries } from './http/retry.ts';

/** Progress in bytes that resets the count of failures of a download. */
const worthwhile = 64 * 1024;

/** The parameters of fetchBlob. */
export interface BlobFetch {
  client: RepositoryClient;
  descriptor: Descriptor;
  store: ContentStore;
  signal: AbortSignal | undefined;
  /** Called with the number of bytes so far. */
  onBytes: (received: number) => void;
}

/**
 * Downloads one blob into the store; resumes an earlier download, also one of an earlier process. Computes the digest
 * while streaming, and throws for a size other than the descriptor's.
 * Call it within `store.exclusive`.
 */
export async function fetchBlob(fetch: BlobFetch): Promise<void> {
  const ingest = await fetch.store.ingest(fetch.descriptor.digest);
  const resumedAt = ingest.offset;
  try {
    await download(fetch, ingest);
    await ingest.commit().catch(async (error) => {
      // The file of an earlier process may be damaged: download the whole blob once more.
      if (!(error instanceof DigestMismatchError) || resumedAt === 0) throw error;
      await download(fetch, ingest);
      await ingest.commit();
    });
  } catch (error) {
    // On a full disk, free the space rather than keep a part to resume.
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
      // Restarting from 0 is not progress.
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

/** Moves the ingest to the offset of the response. */
async function placeResponse(response: IncomingMessage, ingest: Ingest): Promise<void> {
  if (ingest.offset === 0) return;
  const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  if (response.statusCode === 206 && Number(start) === ingest.offset) return;
  await ingest.restart();
  // 200 is the whole blob, from a server without range support. Any other range is useless.
  if (response.statusCode !== 200) {
    const after = retryAfter(response.headers['retry-after'], Date.now());
    throw new TransientError(
      new RegistryError('invalid-content', 'the registry sent another range than asked for'),
      after,
    );
  }
}
