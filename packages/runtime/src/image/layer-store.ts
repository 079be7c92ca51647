// Unpacks, verifies and deletes layers on disk. records.ts has the rows that say which directory is which layer.

import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { Digest } from '@berth/oci/image-spec/digest.ts';
import type { ImageLayer } from '@berth/oci/image-spec/image.ts';
import type { LayerLimits } from '@berth/oci/layers/extract.ts';
import { type UnpackedLayer, unpackLayer } from '@berth/oci/layers/unpack.ts';
import type { Logger } from '../logging/log.ts';
import { nowNs } from '../time/clock.ts';
import { countNames, layerDamage } from './layer-damage.ts';
import type { ImageRecords } from './records.ts';

/** The parameters of unpacking one layer. */
export interface LayerUnpacking {
  layer: ImageLayer;
  blob: string;
  /** Directories of the layers below, topmost first, once they are unpacked. */
  parents: () => Promise<readonly string[]>;
  limits: LayerLimits;
  signal: AbortSignal;
}

/** Unpacked layers on disk, one directory each, shared by all images with the same layers up to there. */
export class LayerStore {
  /** The directory that holds all layers, and nothing else. */
  readonly dir: string;
  readonly #records: ImageRecords;
  readonly #bootId: string;
  readonly #log: Logger;
  readonly #queue = new KeyedQueue();

  constructor(dir: string, records: ImageRecords, bootId: string, log: Logger) {
    this.dir = dir;
    this.#log = log;
    this.#bootId = bootId;
    this.#records = records;
  }

  /**
   * Directory of an unpacked layer; undefined when it is not unpacked. The row of a layer whose directory is missing
   * or damaged is deleted, so that the next pull unpacks it again; the next start removes its remains.
   */
  path(chainId: Digest): string | undefined {
    const layer = this.#records.layer(chainId);
    if (!layer) return undefined;
    const directory = this.directory(layer.dir);
    const damage = layerDamage(directory, layer.topNames);
    if (damage === undefined) return directory;
    this.#records.deleteLayer(chainId);
    this.#log.warning(`Image layer ${directory} is ${damage}: ${this.repair(chainId)}`, { layer: chainId });
    return undefined;
  }

  /** Advice on how to repair the images that have a layer. */
  repair(chainId: Digest): string {
    const images = [...this.#records.images()].filter(({ layers }) => layers.includes(chainId));
    const [name, ...others] = images.flatMap(({ id }) => this.#records.names(id));
    if (name === undefined) return 'no image needs it any more';
    const more = others.length > 0 ? ` (and ${others.length} more names)` : '';
    return `image ${name}${more} cannot run until it is pulled again: crictl pull ${name}`;
  }

  directory(dir: number): string {
    return join(this.dir, String(dir));
  }

  /** Unpacks a layer unless it is unpacked already; concurrent calls share one result. */
  async unpack({ layer, blob, parents, limits, signal }: LayerUnpacking): Promise<string> {
    const { diffId, descriptor } = layer;
    const { mediaType } = descriptor;
    return this.make(layer.chainId, signal, (target) =>
      unpackLayer({ blob, mediaType, diffId, target, parents, limits, signal }),
    );
  }

  /**
   * Runs `build` to create a layer's directory unless it exists. A `build` that fails may leave files only at
   * `target` with the suffix of partial layers.
   */
  async make(
    chainId: Digest,
    signal: AbortSignal,
    build: (target: string) => Promise<UnpackedLayer>,
  ): Promise<string> {
    return this.#queue.run(
      chainId,
      async () => {
        const present = this.path(chainId);
        if (present !== undefined) return present;
        const dir = this.#records.beginLayer(chainId);
        const target = this.directory(dir);
        try {
          await mkdir(this.dir, { recursive: true, mode: 0o700 });
          const { diskBytes, files } = await build(target);
          this.#records.finishLayer({
            chainId,
            dir,
            diskBytes,
            files,
            unpackedAt: nowNs(),
            volatileSince: this.#bootId,
            topNames: countNames(target),
          });
          return target;
        } catch (error) {
          this.#records.deleteLayer(chainId);
          throw error;
        }
      },
      signal,
    );
  }

  /** Deletes a layer that no image and no container uses. */
  async remove(chainId: Digest): Promise<void> {
    const layer = this.#records.layer(chainId);
    if (!layer) return;
    this.#records.retireLayer(chainId);
    await this.#queue.run(chainId, async () => {
      // A new unpack of the layer uses another directory, and its row says so.
      if (this.#records.layer(chainId)) return this.removeDirectory(layer.dir);
      await this.removeDirectory(layer.dir);
      this.#records.deleteLayer(chainId);
    });
  }

  /** Deletes a layer's directory, complete or not. */
  async removeDirectory(dir: number): Promise<void> {
    const path = this.directory(dir);
    await removeTree(`${path}.partial`);
    // Rename first, so that a partly deleted layer is never mistaken for a complete one.
    await rename(path, `${path}.partial`).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await removeTree(`${path}.partial`);
  }
}
