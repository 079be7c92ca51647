// Deletes unreferenced images, layers and blobs. image/service.ts runs it when no pull, import or removal does.

import type { Digest } from '@berth/oci/image-spec/digest.ts';
import { nowNs } from '../time/clock.ts';
import type { ImageStore } from './store.ts';

/** Nanoseconds that layers of a failed pull are kept for another attempt. */
const abandonedAfter = 24n * 3600n * 1_000_000_000n;

/**
 * Deletes removed images that no container uses, unreferenced layers, and blobs. Blobs of layers are deleted once
 * unpacked: they are not read again, and are a third of an image's size. Must not run during a pull, import or
 * removal.
 * @param used ids of images that must stay although they may have no name
 */
export async function collectGarbage(
  { records, layers, content, log }: ImageStore,
  used: ReadonlySet<string>,
): Promise<void> {
  const freed = new Set<Digest>();
  for (const image of [...records.images()]) {
    if (image.phase !== 'removing' || used.has(image.id)) continue;
    records.deleteImage(image.id);
    for (const chainId of image.layers) freed.add(chainId);
    log.debug('Deleted image', { image: image.id });
  }
  const images = [...records.images()];
  const referenced = new Set(images.flatMap((image) => image.layers));
  for (const { chainId, unpackedAt } of [...records.layers()]) {
    const isAbandoned = freed.has(chainId) || nowNs() - unpackedAt > abandonedAfter;
    if (!referenced.has(chainId) && isAbandoned) await layers.remove(chainId);
  }
  const documents = new Set(images.flatMap((image) => image.documents));
  for (const digest of await content.list()) {
    if (!documents.has(digest)) await content.remove(digest);
  }
}
