// Reads an image archive from a directory: copies only the blobs that a manifest names into the content store.
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { openRegularFile, readRegularFile, UnsuitableFileError } from '@berth/common/files/regular-file.ts';
import { maxDocumentSize } from '../content/store.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import { type Digest, digestAlgorithm, digestHex } from '../image-spec/digest.ts';
import { ArchiveError, type ArchiveReading, type ArchiveSource, checkBlobSize } from './source.ts';

/** An OCI layout in a directory. Copies and verifies blobs when they are requested. */
export class DirectorySource implements ArchiveSource {
  readonly name: string;
  readonly #reading: ArchiveReading;
  readonly #copied: Digest[] = [];

  constructor(dir: string, reading: ArchiveReading) {
    this.name = dir;
    this.#reading = reading;
  }

  async document(path: string): Promise<Buffer | undefined> {
    const file = join(this.name, path);
    return readRegularFile(file, { maxBytes: maxDocumentSize }).catch((error) => {
      if (!(error instanceof UnsuitableFileError)) return absent(error);
      throw new ArchiveError(`${file}: not a file of at most ${maxDocumentSize} bytes`);
    });
  }

  async provideBlob(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    const { store, signal } = this.#reading;
    const { digest } = blob;
    return store.exclusive(digest, signal, async () => {
      const present = await store.size(digest);
      if (present === undefined) return this.#copy(blob);
      checkBlobSize(this.name, blob, present);
      return true;
    });
  }

  async #copy(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    const { store, admit, signal } = this.#reading;
    const { digest } = blob;
    const path = join(this.name, 'blobs', digestAlgorithm(digest), digestHex(digest));
    await using file = await openRegularFile(path).catch(absent);
    if (!file) return false;
    checkBlobSize(this.name, blob, (await file.stat()).size);
    const ingest = await store.ingest(digest);
    try {
      await ingest.restart();
      for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 })) {
        signal?.throwIfAborted();
        admit(chunk.length);
        await ingest.write(chunk);
      }
      await ingest.commit();
      this.#copied.push(digest);
      return true;
    } catch (error) {
      await ingest.discard();
      throw error;
    } finally {
      await ingest.close();
    }
  }

  /** A docker-archive is never a directory. */
  async file(): Promise<undefined> {
    return undefined;
  }

  added(): readonly Digest[] {
    return this.#copied;
  }
}

/** Returns undefined for ENOENT and rethrows any other error. */
function absent(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined;
  throw error;
}
