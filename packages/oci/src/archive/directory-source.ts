import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContentStore, maxDocumentSize } from '../content-store.ts';
import { type Digest, digestAlgorithm, digestHex } from '../digest.ts';
import { ArchiveError, type ArchiveSource } from './source.ts';

/** An OCI layout that is a directory: blobs are copied, and verified, as they are asked for. */
export class DirectorySource implements ArchiveSource {
  readonly name: string;
  private readonly store: ContentStore;
  private readonly signal: AbortSignal | undefined;
  private readonly copied: Digest[] = [];

  constructor(dir: string, store: ContentStore, signal?: AbortSignal) {
    this.name = dir;
    this.store = store;
    this.signal = signal;
  }

  async document(path: string): Promise<Buffer | undefined> {
    const file = join(this.name, path);
    const stats = await stat(file).catch(absent);
    if (!stats) return undefined;
    if (!stats.isFile() || stats.size > maxDocumentSize) {
      throw new ArchiveError(`${file}: not a file of at most ${maxDocumentSize} bytes`);
    }
    return readFile(file);
  }

  async provideBlob(digest: Digest): Promise<boolean> {
    return this.store.exclusive(digest, this.signal, async () => {
      if (await this.store.has(digest)) return true;
      const ingest = await this.store.ingest(digest);
      try {
        await ingest.restart();
        const path = join(this.name, 'blobs', digestAlgorithm(digest), digestHex(digest));
        for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
          this.signal?.throwIfAborted();
          await ingest.write(chunk);
        }
        await ingest.commit();
        this.copied.push(digest);
        return true;
      } catch (error) {
        await ingest.discard();
        absent(error);
        return false;
      } finally {
        await ingest.close();
      }
    });
  }

  /** A docker-archive is never a directory. */
  async file(): Promise<undefined> {
    return undefined;
  }

  added(): readonly Digest[] {
    return this.copied;
  }
}

/** Undefined for an error that says that there is no such file; throws any other. */
function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
