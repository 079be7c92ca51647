// The content-addressed store that pulls and imports write, and unpacking reads: what is durable, what is resumable.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import {
  type Digest,
  DigestMismatchError,
  digestAlgorithm,
  digestHex,
  digestOf,
  finishDigest,
  isDigest,
} from '../image-spec/digest.ts';
import { BlobWriter } from './blob-writer.ts';

/** Maximum size of a manifest or image configuration, as the distribution spec recommends for manifests. */
export const maxDocumentSize = 4 * 1024 * 1024;

/**
 * Blobs on disk by digest, in the structure of an OCI layout: `blobs/sha256/HEX`. A blob is written to `ingest/` and
 * renamed when it is complete and its digest is verified. Files in `ingest/` survive a restart, so that a pull resumes.
 *
 * Documents are flushed to disk before the rename. Layers are not, because unpacking verifies them again, and finds one
 * that a power failure truncated.
 */
export class ContentStore {
  readonly dir: string;
  readonly #queue = new KeyedQueue();

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Opens the store in `dir`; creates the directory when it is absent. */
  static async open(dir: string): Promise<ContentStore> {
    for (const part of ['.', 'ingest', 'blobs', 'blobs/sha256', 'blobs/sha512']) {
      makePrivateDirectory(join(dir, part));
    }
    return new ContentStore(dir);
  }

  /** The path of a blob, whether it exists or not. */
  path(digest: Digest): string {
    return join(this.dir, 'blobs', digestAlgorithm(digest), digestHex(digest));
  }

  /** Bytes of a blob, or undefined when the store does not have it. */
  async size(digest: Digest): Promise<number | undefined> {
    return fileSize(this.path(digest));
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== undefined;
  }

  /**
   * Reads a manifest or image configuration. Throws when it is absent, damaged or too large: a manifest can name any blob
   * of the store as its configuration.
   */
  async read(digest: Digest): Promise<Buffer> {
    const size = (await stat(this.path(digest))).size;
    if (size > maxDocumentSize) {
      throw new Error(
        `${digest} is no manifest or image config: ${size} bytes; the limit is ${maxDocumentSize}`,
      );
    }
    const content = await readFile(this.path(digest));
    const actual = digestOf(content, digestAlgorithm(digest));
    if (actual !== digest) throw new DigestMismatchError(this.path(digest), digest, actual);
    return content;
  }

  /** As `read`, but undefined when it is absent or damaged. Removes a damaged one, so that it can be stored again. */
  async readWhole(digest: Digest): Promise<Buffer | undefined> {
    try {
      return await this.read(digest);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      if (!(error instanceof DigestMismatchError)) throw error;
      await this.remove(digest);
      return undefined;
    }
  }

  /** Whether a blob exists and matches its digest. Removes a damaged one. */
  async isWhole(digest: Digest): Promise<boolean> {
    if (!(await this.has(digest))) return false;
    const hash = createHash(digestAlgorithm(digest));
    for await (const chunk of createReadStream(this.path(digest))) hash.update(chunk);
    const isWhole = finishDigest(hash, digestAlgorithm(digest)) === digest;
    if (!isWhole) await this.remove(digest);
    return isWhole;
  }

  /** Stores content under its digest, which the caller may pass when it is known. */
  async put(content: Buffer, digest = digestOf(content)): Promise<Digest> {
    if (await this.isWhole(digest)) return digest;
    const writer = await this.writer(digestAlgorithm(digest));
    try {
      await writer.write(content);
      await writer.commit({ durable: true });
    } finally {
      await writer.close();
    }
    return digest;
  }

  /** Starts to write a blob whose digest is known only at its end. It cannot be resumed. */
  writer(algorithm: 'sha256' | 'sha512' = 'sha256'): Promise<BlobWriter> {
    const path = join(this.dir, 'ingest', `spool-${crypto.randomUUID()}`);
    return BlobWriter.create(path, algorithm, (digest) => this.path(digest));
  }

  /**
   * Runs operations for one digest one after the other, so that concurrent pulls download a blob once. Rejects when the
   * signal is aborted while waiting.
   */
  exclusive<T>(digest: Digest, signal: AbortSignal | undefined, operation: () => Promise<T>): Promise<T> {
    return this.#queue.run(digest, operation, signal);
  }

  /** Starts or resumes to write a blob. Call it within `exclusive`. */
  async ingest(digest: Digest): Promise<Ingest> {
    const path = this.#ingestPath(digest);
    const file = await open(path, 'a+', 0o600);
    try {
      const hash = createHash(digestAlgorithm(digest));
      let offset = 0;
      for await (const chunk of createReadStream(path)) {
        hash.update(chunk);
        offset += chunk.length;
      }
      return new Ingest({ digest, file, hash, offset, path, blobPath: this.path(digest) });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Deletes a blob, if it exists. */
  async remove(digest: Digest): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  /** Every blob in the store. */
  async list(): Promise<Digest[]> {
    const found = await Promise.all(
      (['sha256', 'sha512'] as const).map(async (algorithm) =>
        (await readdir(join(this.dir, 'blobs', algorithm))).map((hex) => `${algorithm}:${hex}`),
      ),
    );
    return found.flat().filter(isDigest);
  }

  /**
   * Deletes the files of unfinished writes: those that cannot be resumed, and downloads not written to since `since`
   * (milliseconds since 1970). Call it only while nothing is being written.
   *
   * @returns when the oldest download that stays was written to
   */
  async removeIngests(since: number): Promise<number | undefined> {
    const dir = join(this.dir, 'ingest');
    let oldest: number | undefined;
    for (const name of await readdir(dir)) {
      const path = join(dir, name);
      const { mtimeMs } = await stat(path);
      if (name.startsWith('spool-') || mtimeMs < since) await rm(path, { force: true });
      else oldest = Math.min(oldest ?? mtimeMs, mtimeMs);
    }
    return oldest;
  }

  /** Disk usage of all blobs and unfinished writes. */
  async usage(): Promise<{ bytes: number; inodes: number }> {
    const usage = { bytes: 0, inodes: 0 };
    for (const part of ['ingest', 'blobs/sha256', 'blobs/sha512']) {
      for (const name of await readdir(join(this.dir, part))) {
        const stats = await stat(join(this.dir, part, name)).catch((error: unknown) => {
          if (!hasCode(error, 'ENOENT')) throw error;
        });
        // The unit of st_blocks is 512 bytes on every file system.
        usage.bytes += (stats?.blocks ?? 0) * 512;
        usage.inodes += stats === undefined ? 0 : 1;
      }
    }
    return usage;
  }

  #ingestPath(digest: Digest): string {
    return join(this.dir, 'ingest', `${digestAlgorithm(digest)}-${digestHex(digest)}`);
  }
}

interface IngestState {
  digest: Digest;
  file: FileHandle;
  hash: Hash;
  offset: number;
  path: string;
  blobPath: string;
}

/** A blob that is being written. Closing it without a commit keeps the file, so that a later write resumes. */
export class Ingest {
  readonly #state: IngestState;

  constructor(state: IngestState) {
    this.#state = state;
  }

  /** Bytes written so far, those of earlier attempts included. */
  get offset(): number {
    return this.#state.offset;
  }

  /** Appends and hashes. */
  async write(chunk: Buffer): Promise<void> {
    this.#state.hash.update(chunk);
    let written = 0;
    while (written < chunk.length) {
      written += (await this.#state.file.write(chunk, written)).bytesWritten;
    }
    this.#state.offset += chunk.length;
  }

  /** Truncates the file and starts at 0. */
  async restart(): Promise<void> {
    await this.#state.file.truncate(0);
    this.#state.hash = createHash(digestAlgorithm(this.#state.digest));
    this.#state.offset = 0;
  }

  /** Adds the blob to the store. For a wrong digest, deletes the file and throws DigestMismatchError. */
  async commit(): Promise<void> {
    const { digest, hash, file, path, blobPath } = this.#state;
    const actual = finishDigest(hash, digestAlgorithm(digest));
    if (actual !== digest) {
      await this.restart();
      throw new DigestMismatchError('blob', digest, actual);
    }
    await file.close();
    await rename(path, blobPath);
  }

  /** Deletes the file. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.#state.path, { force: true });
  }

  /** Closes the file; does nothing after a commit. */
  async close(): Promise<void> {
    if (this.#state.file.fd !== -1) await this.#state.file.close();
  }
}

async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
