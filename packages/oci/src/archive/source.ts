// The interface through which archive readers get documents and blobs: DirectorySource and TarSource implement it.
import type { ContentStore } from '../content/store.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import type { Digest } from '../image-spec/digest.ts';

/** The parameters of reading an archive. */
export interface ArchiveReading {
  store: ContentStore;
  /** Called with the number of bytes before they are stored; throws above the limit. */
  admit: (bytes: number) => void;
  signal: AbortSignal | undefined;
}

/** Reads the documents and blobs of an archive. */
export interface ArchiveSource {
  /** Its name in errors. */
  name: string;
  /** A small file of the archive, or undefined when it has none of that name. */
  document(path: string): Promise<Buffer | undefined>;
  /**
   * Makes sure that the store has a blob of the archive's `blobs/`; false when the archive lacks it.
   * @throws ArchiveError for a blob of another size than the descriptor says
   */
  provideBlob(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean>;
  /** Digest and size of any other file, which is then in the store; undefined when there is none. */
  file(path: string): Promise<{ digest: Digest; size: number } | undefined>;
  /** Every blob that reading the archive added to the store. */
  added(): readonly Digest[];
}

/** The archive is not an image archive, or incomplete. The message starts with its name. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

/** Throws for a blob whose size is not that of its descriptor. */
export function checkBlobSize(
  archive: string,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  actual: number,
): void {
  if (actual !== size)
    throw new ArchiveError(`${archive}: blob ${digest} has ${actual} bytes, but its descriptor says ${size}`);
}
