import type { ImageConfig } from '@berth/oci/image-spec/image-config.ts';

/** An image that is ready to be a container's root. */
export interface ImageRootfs {
  /** Digest of its config. */
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly config: ImageConfig;
  /** Directories of the unpacked layers, topmost first. */
  readonly lowerDirs: readonly string[];
}
