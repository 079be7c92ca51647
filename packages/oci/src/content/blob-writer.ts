import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type Digest, finishDigest } from '../image-spec/digest.ts';

/** A blob that is being written and gets its digest, and with it its name, at the end. */
export class Spool {
  private readonly file: FileHandle;
  private readonly path: string;
  private readonly algorithm: 'sha256' | 'sha512';
  private readonly blobPath: (digest: Digest) => string;
  private readonly hash: Hash;
  private committed = false;
  private written = 0;

  private constructor(
    file: FileHandle,
    path: string,
    algorithm: 'sha256' | 'sha512',
    blobPath: (digest: Digest) => string,
  ) {
    this.file = file;
    this.path = path;
    this.algorithm = algorithm;
    this.blobPath = blobPath;
    this.hash = createHash(algorithm);
  }

  /** `path` is where it is written; `blobPath` tells where a digest belongs. */
  static async create(
    path: string,
    algorithm: 'sha256' | 'sha512',
    blobPath: (digest: Digest) => string,
  ): Promise<Spool> {
    return new Spool(await open(path, 'wx', 0o600), path, algorithm, blobPath);
  }

  /** Bytes written. */
  get size(): number {
    return this.written;
  }

  async write(chunk: Buffer): Promise<void> {
    this.hash.update(chunk);
    for (let offset = 0; offset < chunk.length; ) {
      offset += (await this.file.write(chunk, offset)).bytesWritten;
    }
    this.written += chunk.length;
  }

  /** Digest of what was written so far. */
  digest(): Digest {
    return finishDigest(this.hash.copy(), this.algorithm);
  }

  /** Gives the blob its name. `durable` flushes it to the disk first. */
  async commit({ durable }: { durable: boolean }): Promise<Digest> {
    const digest = this.digest();
    if (durable) await this.file.datasync();
    await rename(this.path, this.blobPath(digest));
    this.committed = true;
    return digest;
  }

  /** Releases the file, and deletes it when it was not committed. */
  async close(): Promise<void> {
    await this.file.close();
    if (!this.committed) await rm(this.path, { force: true });
  }
}
