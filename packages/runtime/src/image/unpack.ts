import type { Digest } from '@berth/oci/digest.ts';
import type { ImageLayer } from '@berth/oci/image.ts';
import type { ImageService } from './service.ts';

/**
 * Unpacks the layers of one image in whatever order their blobs come, side by side; each learns where those below
 * it are once they are unpacked.
 */
export class ImageUnpacking {
  private readonly service: ImageService;
  private readonly image: readonly ImageLayer[];
  private readonly directories = new Map<Digest, PromiseWithResolvers<string>>();

  /** `image` are all layers of the image, bottom first. */
  constructor(service: ImageService, image: readonly ImageLayer[]) {
    this.service = service;
    this.image = image;
    for (const { chainId } of image) {
      const directory = Promise.withResolvers<string>();
      const present = service.layers.path(chainId);
      if (present !== undefined) directory.resolve(present);
      this.directories.set(chainId, directory);
    }
  }

  /** Unpacks one layer, whose blob is in the content store. */
  async unpack(layer: ImageLayer, signal: AbortSignal): Promise<void> {
    const below = this.image.slice(0, this.image.indexOf(layer)).reverse();
    const parents = Promise.all(below.map(({ chainId }) => this.directories.get(chainId)?.promise ?? ''));
    const blob = this.service.content.path(layer.descriptor.digest);
    const directory = await this.service.layers.unpack({ layer, blob, parents, signal });
    this.directories.get(layer.chainId)?.resolve(directory);
  }
}
