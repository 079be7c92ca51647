// Unpacks the layers of one image during a pull or import, and enforces the limit of its total size.

import type { Digest } from '@berth/oci/image-spec/digest.ts';
import type { Image, ImageLayer } from '@berth/oci/image-spec/image.ts';
import { LayerLimitError } from '@berth/oci/layers/layer-error.ts';
import type { ImageService } from './service.ts';

/** The setting that limits the total size of an image. */
export const maxImageBytesSetting = 'image.maxImageBytes';

/** The total size of an image's layers exceeds the limit. */
export class ImageSizeError extends Error {
  override readonly name = 'ImageSizeError';

  constructor(what: string, maxBytes: number) {
    super(`${what} more than ${maxBytes} bytes, the limit ${maxImageBytesSetting}`);
  }
}

/**
 * Unpacks the layers of one image in the order in which their blobs arrive; each learns the directories of those
 * below it once they are unpacked.
 */
export class ImageUnpacking {
  readonly #service: ImageService;
  readonly #layers: readonly ImageLayer[];
  readonly #directories = new Map<Digest, PromiseWithResolvers<string>>();
  /** Layers that were not unpacked before. */
  readonly #fresh: ReadonlySet<Digest>;
  #isRefused = false;

  /** @throws ImageSizeError when the compressed layers alone exceed the limit */
  constructor(service: ImageService, { layers, size }: Image) {
    this.#service = service;
    this.#layers = layers;
    const { maxImageBytes } = service.settings.limits;
    if (size > maxImageBytes) throw new ImageSizeError('image has', maxImageBytes);
    const fresh = new Set<Digest>();
    for (const { chainId } of layers) {
      const directory = Promise.withResolvers<string>();
      const present = service.layers.path(chainId);
      if (present === undefined) fresh.add(chainId);
      else directory.resolve(present);
      this.#directories.set(chainId, directory);
    }
    this.#fresh = fresh;
  }

  /**
   * Unpacks one layer, whose blob is in the content store.
   * @throws ImageSizeError when the image exceeds the limit; its unpacked layers are then not kept
   */
  async unpack(layer: ImageLayer, signal: AbortSignal): Promise<void> {
    const { layers, content, settings } = this.#service;
    const { maxLayerBytes, maxLayerFiles, maxImageBytes } = settings.limits;
    const parents = async () => {
      const below = this.#layers.slice(0, this.#layers.indexOf(layer)).reverse();
      return Promise.all(below.map(({ chainId }) => this.#directories.get(chainId)?.promise ?? ''));
    };
    const blob = content.path(layer.descriptor.digest);
    const bytesLeft = Math.max(maxImageBytes - this.#unpackedBytes(), 0);
    const limits = { maxBytes: Math.min(maxLayerBytes, bytesLeft), maxFiles: maxLayerFiles };
    const directory = await layers.unpack({ layer, blob, parents, limits, signal }).catch((error) => {
      throw bytesLeft < maxLayerBytes && isOverBytes(error) ? this.#refuse() : error;
    });
    if (this.#isRefused || this.#unpackedBytes() > maxImageBytes) throw this.#refuse();
    this.#directories.get(layer.chainId)?.resolve(directory);
  }

  /** Bytes on disk of the image's layers that are unpacked so far. */
  #unpackedBytes(): number {
    const { records } = this.#service;
    return [...this.#directories.keys()]
      .map((chainId) => records.layer(chainId)?.diskBytes ?? 0)
      .reduce((total, bytes) => total + bytes, 0);
  }

  /** Marks the layers that only this image has for the next clean-up: another attempt would fail the same way. */
  #refuse(): ImageSizeError {
    this.#isRefused = true;
    for (const chainId of this.#fresh) this.#service.records.abandonLayer(chainId);
    return new ImageSizeError('image unpacks to', this.#service.settings.limits.maxImageBytes);
  }
}

function isOverBytes(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof LayerLimitError && error.cause.limit === 'maxBytes';
}
