// Flushes pulled layers to the disk in the background, and removes unflushed ones after a reboot.

import type { Digest } from '@berth/oci/image-spec/digest.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import type { ImageRecords } from './records.ts';
import type { ImageStore } from './store.ts';

/** Milliseconds from a pull's end to the flush of its layers, so that pulls in a row are flushed together. */
const flushDelayMs = 2_000;

/**
 * Flushes new layers to the disk in the background and records them as durable. Until then a power loss may empty
 * files of a complete layer.
 */
export class LayerFlusher {
  readonly #records: ImageRecords;
  readonly #log: Logger;
  readonly #sync: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isClosed = false;

  /** `sync` resolves when all data written before the call is on the disk. */
  constructor(records: ImageRecords, log: Logger, sync: () => Promise<void>) {
    this.#records = records;
    this.#log = log;
    this.#sync = sync;
  }

  /** Schedules a flush when there are layers to flush. */
  request(): void {
    if (this.#timer !== undefined || this.#isBusy || this.#isClosed) return;
    if (this.#records.volatileLayers().length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, flushDelayMs).unref();
  }

  /** Flushes now. */
  async flush(): Promise<void> {
    const layers = this.#records.volatileLayers();
    if (layers.length === 0 || this.#isBusy) return;
    this.#isBusy = true;
    try {
      await this.#sync();
      if (!this.#isClosed) this.#records.markDurable(layers.map(({ chainId }) => chainId));
    } catch (error) {
      this.#log.warning(`Flushing image layers to the disk failed: ${messageWithCauses(error)}`);
      return;
    } finally {
      this.#isBusy = false;
    }
    // Flush layers that were added during this flush.
    this.request();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}

/**
 * Removes layers that were not flushed before the reboot, and their images, because their files may be empty. A pull
 * restores them.
 */
export async function removeDamaged(
  { records, layers, content, log }: ImageStore,
  bootId: string,
): Promise<void> {
  const damaged = new Set(
    records
      .volatileLayers()
      .filter(({ volatileSince }) => volatileSince !== bootId)
      .map(({ chainId }) => chainId),
  );
  if (damaged.size === 0) return;
  const isWhole = (image: { layers: readonly Digest[] }) => !image.layers.some((id) => damaged.has(id));
  const images = [...records.images()];
  const kept = new Set(images.filter(isWhole).flatMap(({ documents }) => documents));
  for (const image of images.filter((each) => !isWhole(each))) {
    if (image.phase === 'ready') {
      const names = records.names(image.id).join(', ');
      log.warning(
        `Recovery: removed image ${names || image.id}: the machine went down before its layers were on the disk, so they may be damaged; pull or load it again`,
        { image: image.id },
      );
    }
    for (const digest of image.documents) if (!kept.has(digest)) await content.remove(digest);
    records.retire(image.id);
  }
  for (const chainId of damaged) await layers.remove(chainId);
}
