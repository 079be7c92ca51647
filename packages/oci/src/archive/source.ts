import type { Digest } from '../digest.ts';

/** Where an archive's documents and blobs come from. */
export interface ArchiveSource {
  /** What errors call it. */
  name: string;
  /** A small file of the archive, or undefined when it has none of that name. */
  document(path: string): Promise<Buffer | undefined>;
  /** Makes sure that the store has a blob of the archive's `blobs/`; false when the archive lacks it. */
  provideBlob(digest: Digest): Promise<boolean>;
  /** Digest and size of any other file, which is then in the store; undefined when there is none. */
  file(path: string): Promise<{ digest: Digest; size: number } | undefined>;
  /** Every blob that reading the archive added to the store. */
  added(): readonly Digest[];
}

/** The archive is not an image archive, or misses something; the message starts with its name. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}
