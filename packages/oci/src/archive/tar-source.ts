// Reads an image archive from a tar stream. Stores every file, because the manifest may come last.
import { posix } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf } from '@berth/common/error-message.ts';
import { printable } from '@berth/common/printable.ts';
import type { BlobWriter } from '../content/blob-writer.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import { type Digest, DigestMismatchError, digestAlgorithm, isDigest } from '../image-spec/digest.ts';
import { detectCompression, isWindowError, littleMemory, zstdDecompressor } from '../layers/decompress.ts';
import type { TarHeader } from '../tar/entry.ts';
import { tarEvents } from '../tar/events.ts';
import { ArchiveError, type ArchiveReading, type ArchiveSource, checkBlobSize } from './source.ts';

/** Maximum number of files in an image archive. */
const maxFiles = 100_000;
/** Maximum length of all their names, which are held in memory. */
const maxNames = 8 * 1024 * 1024;

interface StoredFile {
  digest: Digest;
  size: number;
}

/**
 * An OCI layout or docker-archive in a tar, which may be compressed. A tar is read sequentially and its manifest may
 * come last, so every file is stored while reading.
 */
export class TarSource implements ArchiveSource {
  readonly name: string;
  readonly #reading: ArchiveReading;
  readonly #files = new Map<string, StoredFile>();
  readonly #links = new Map<string, string>();
  readonly #newBlobs: Digest[] = [];

  private constructor(name: string, reading: ArchiveReading) {
    this.name = name;
    this.#reading = reading;
  }

  /** Reads the whole archive. After an error it removes the blobs that it added to the store. */
  static async read(
    name: string,
    archive: AsyncIterable<Buffer>,
    reading: ArchiveReading,
  ): Promise<TarSource> {
    const source = new TarSource(name, reading);
    const { signal } = reading;
    try {
      await source.#readAll(archive);
    } catch (error) {
      for (const digest of source.#newBlobs) await reading.store.remove(digest);
      signal?.throwIfAborted();
      if (isWindowError(error)) {
        throw new ArchiveError(
          `${name}: its zstd window is larger than 2 ** ${littleMemory.windowLog} bytes; compress it again without --long and --ultra`,
          { cause: error },
        );
      }
      throw new ArchiveError(`${name}: ${printable(messageOf(error))}`, { cause: error });
    }
    return source;
  }

  async document(path: string): Promise<Buffer | undefined> {
    const found = await this.file(path);
    return found && this.#reading.store.read(found.digest);
  }

  async provideBlob(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    const size = await this.#reading.store.size(blob.digest);
    if (size !== undefined) checkBlobSize(this.name, blob, size);
    return size !== undefined;
  }

  async file(path: string): Promise<StoredFile | undefined> {
    const clean = posix.join('/', path).slice(1);
    return this.#files.get(this.#links.get(clean) ?? clean);
  }

  added(): readonly Digest[] {
    return this.#newBlobs;
  }

  async #readAll(archive: AsyncIterable<Buffer>): Promise<void> {
    const { store, admit, signal } = this.#reading;
    let current: { writer: BlobWriter; path: string; expected: Digest | undefined } | undefined;
    let count = 0;
    let names = 0;
    try {
      for await (const event of tarEvents(admitted(await decompressed(archive), admit))) {
        signal?.throwIfAborted();
        if (event.kind === 'entry') {
          count += 1;
          names += event.header.path.length + ('target' in event.header ? event.header.target.length : 0);
          if (count > maxFiles || names > maxNames) {
            throw new Error(
              `not an image archive: it has more than ${maxFiles} files, or their names are very long`,
            );
          }
          const path = posix.join('/', event.header.path).slice(1);
          this.#noteLink(path, event.header);
          if (event.header.type !== 'file') continue;
          const expected = blobDigest(path);
          const writer = await store.writer(expected ? digestAlgorithm(expected) : 'sha256');
          current = { writer, path, expected };
        } else if (event.kind === 'content') {
          await current?.writer.write(event.chunk);
        } else if (event.kind === 'hole') {
          for (const zeros of zeroChunks(event.bytes)) {
            admit(zeros.length);
            await current?.writer.write(zeros);
          }
        } else if (current) {
          await this.#finishFile(current);
          current = undefined;
        }
      }
    } finally {
      await current?.writer.close();
    }
  }

  #noteLink(path: string, header: TarHeader): void {
    // docker save makes links for layers that several images share.
    if (header.type === 'symlink')
      this.#links.set(path, posix.join('/', posix.dirname(path), header.target).slice(1));
    if (header.type === 'hardlink') this.#links.set(path, posix.join('/', header.target).slice(1));
  }

  async #finishFile({
    writer,
    path,
    expected,
  }: {
    writer: BlobWriter;
    path: string;
    expected: Digest | undefined;
  }): Promise<void> {
    try {
      const digest = writer.digest();
      if (expected && digest !== expected) throw new DigestMismatchError(path, expected, digest);
      if (!(await this.#reading.store.has(digest))) {
        await writer.commit({ durable: false });
        this.#newBlobs.push(digest);
      }
      this.#files.set(path, { digest, size: writer.size });
    } finally {
      await writer.close();
    }
  }
}

/** The bytes of a hole of a sparse file. */
function* zeroChunks(bytes: number): Generator<Buffer> {
  const zeros = Buffer.alloc(Math.min(bytes, 1024 * 1024));
  for (let left = bytes; left > 0; left -= zeros.length) yield zeros.subarray(0, left);
}

function blobDigest(path: string): Digest | undefined {
  const text = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(path)?.slice(1).join(':');
  return text !== undefined && isDigest(text) ? text : undefined;
}

/** Decompresses the archive; its first bytes determine the format. */
async function decompressed(archive: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const rest = archive[Symbol.asyncIterator]();
  const first = await rest.next();
  if (first.done) throw new Error('not an image archive: it is empty');
  const input = Readable.from(chain(first.value, rest), { objectMode: false });
  const compression = detectCompression(first.value);
  if (compression === 'none') return input;
  // The error is passed on by the result.
  return pipeline(input, compression === 'gzip' ? createGunzip() : zstdDecompressor(littleMemory), () => {});
}

/** Passes on the bytes of a tar after checking the limit, which covers headers too. */
async function* admitted(
  archive: AsyncIterable<Buffer>,
  admit: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of archive) {
    admit(chunk.length);
    yield chunk;
  }
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
