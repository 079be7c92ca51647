// Deletes unreferenced images, layers and blobs. image/service.ts runs it when no pull, import or removal does.

import type { Digest } from '@berth/oci/image-spec/digest.ts';
import type { ImageStore } from './store.ts';

/**
 * Milliseconds that what an interrupted pull left is kept for another attempt: far longer than the five minutes after
 * which a kubelet tries again at the latest.
 */
export const leftoversKeptFor = 3600 * 1000;

/**
 * Deletes removed images that no container uses, unreferenced layers, blobs, and what interrupted pulls left. Blobs of layers are deleted once
 * unpacked: they are not read again, and are a third of an image's size. Must not run during a pull, import or
 * removal.
 * @param used ids of images that must stay although they may have no name
 * @param leftoversBefore time in milliseconds since 1970: older layers and downloads of interrupted pulls are deleted
 * @returns the time of the oldest one that stays
 */
export async function collectGarbage(
  { records, layers, content, log }: ImageStore,
  used: ReadonlySet<string>,
  leftoversBefore: number,
): Promise<number | undefined> {
  const freed = new Set<Digest>();
  for (const image of [...records.images()]) {
    if (image.phase !== 'removing' || used.has(image.id)) continue;
    records.deleteImage(image.id);
    for (const chainId of image.layers) freed.add(chainId);
    log.debug('Deleted image', { image: image.id });
  }
  const images = [...records.images()];
  const referenced = new Set(images.flatMap((image) => image.layers));
  const kept: number[] = [];
  for (const { chainId, unpackedAt } of [...records.layers()]) {
    if (referenced.has(chainId)) continue;
    const unpackedMs = Number(unpackedAt / 1_000_000n);
    if (freed.has(chainId) || unpackedMs < leftoversBefore) await layers.remove(chainId);
    else kept.push(unpackedMs);
  }
  const documents = new Set(images.flatMap((image) => image.documents));
  for (const digest of await content.list()) {
    if (!documents.has(digest)) await content.remove(digest);
  }
  const oldestDownload = await content.removeIngests(leftoversBefore);
  if (oldestDownload !== undefined) kept.push(oldestDownload);
  return kept.length > 0 ? Math.min(...kept) : undefined;
}
