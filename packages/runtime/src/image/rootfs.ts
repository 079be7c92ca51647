// What CreateContainer needs of an image. ImageService.rootfs() returns it.

import type { ImageConfig } from '@berth/oci/image-spec/image-config.ts';

/** An unpacked image that can be a container's root file system. */
export interface ImageRootfs {
  /** Digest of its config. */
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly config: ImageConfig;
  /** Directories of the unpacked layers, topmost first. */
  readonly lowerDirs: readonly string[];
}
