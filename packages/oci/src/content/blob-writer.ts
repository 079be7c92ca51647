import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type Digest, finishDigest } from '../image-spec/digest.ts';

/** Writes a blob whose digest, and so whose path, is known only at its end. */
export class BlobWriter {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #algorithm: 'sha256' | 'sha512';
  readonly #blobPath: (digest: Digest) => string;
  readonly #hash: Hash;
  #committed = false;
  #written = 0;

  private constructor(
    file: FileHandle,
    path: string,
    algorithm: 'sha256' | 'sha512',
    blobPath: (digest: Digest) => string,
  ) {
    this.#file = file;
    this.#path = path;
    this.#algorithm = algorithm;
    this.#blobPath = blobPath;
    this.#hash = createHash(algorithm);
  }

  /** Writes to `path` until it is committed to the path that `blobPath` returns for its digest. */
  static async create(
    path: string,
    algorithm: 'sha256' | 'sha512',
    blobPath: (digest: Digest) => string,
  ): Promise<BlobWriter> {
    return new BlobWriter(await open(path, 'wx', 0o600), path, algorithm, blobPath);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#written;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#hash.update(chunk);
    for (let offset = 0; offset < chunk.length; ) {
      offset += (await this.#file.write(chunk, offset)).bytesWritten;
    }
    this.#written += chunk.length;
  }

  /** Digest of the bytes written so far. */
  digest(): Digest {
    return finishDigest(this.#hash.copy(), this.#algorithm);
  }

  /** Renames the file to the blob's path; with `durable` after flushing it to disk. */
  async commit({ durable }: { durable: boolean }): Promise<Digest> {
    const digest = this.digest();
    if (durable) await this.#file.datasync();
    await rename(this.#path, this.#blobPath(digest));
    this.#committed = true;
    return digest;
  }

  /** Closes the file, and deletes it unless it was committed. */
  async close(): Promise<void> {
    await this.#file.close();
    if (!this.#committed) await rm(this.#path, { force: true });
  }
}
