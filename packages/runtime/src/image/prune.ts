// Removes images that nothing needs, and what interrupted pulls left: `POST /images/prune`, RemoveLeftovers.
import { imageUsage } from './fs-info.ts';
import { repoNames } from './names.ts';
import type { ImageService } from './service.ts';

/** What pruning removed. */
export interface PruneAnswer {
  images: { id: string; names: string[] }[];
  /** Bytes on disk that are free now: of these images' own layers, and of interrupted pulls. */
  freedBytes: number;
}

/**
 * Removes images, and what interrupted pulls left unless one is under way. Images of containers and pinned ones stay.
 * @param which `dangling`: images without a tag; `unused`: all; `none`: only what interrupted pulls left
 */
export async function pruneImages(
  service: ImageService,
  which: 'dangling' | 'unused' | 'none',
): Promise<PruneAnswer> {
  const { records, gate, log } = service;
  const before = await imageUsage(service);
  const removed: PruneAnswer['images'] = [];
  await gate.run(async () => {
    service.freeLeftovers();
    const used = service.usedImages();
    for (const { id, phase } of [...records.images()]) {
      const names = records.names(id);
      const { repoTags, repoDigests } = repoNames(names);
      const isWanted = which === 'none' || (which === 'dangling' && repoTags.length > 0);
      if (phase !== 'ready' || isWanted || used.has(id) || service.isPinned(names)) continue;
      records.retire(id);
      log.info(`Removed unused image: ${names[0] ?? id}`, { image: id });
      removed.push({ id, names: repoTags.length > 0 ? repoTags : repoDigests });
    }
  });
  const { bytes } = await imageUsage(service);
  return { images: removed, freedBytes: Math.max(0, before.bytes - bytes) };
}
