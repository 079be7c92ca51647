import type { Digest } from '../image-spec/digest.ts';
import type { Image } from '../image-spec/image.ts';
import type { Reference } from '../reference/reference.ts';

/** An imported image; its documents and layers are in the store. */
export interface ImportedImage extends Image {
  /** Digest of the index or manifest that the archive's index names. */
  digest: Digest;
  /** Its names; may be empty. */
  references: Reference[];
}
