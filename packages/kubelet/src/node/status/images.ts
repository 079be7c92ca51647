// `status.images` of a node: the largest images, with a few names each.
import type { ContainerImage } from 'kubernetes-types/core/v1.d.ts';

const maxNames = 5;

/** An image of the runtime. */
export interface ImageFacts {
  id: string;
  sizeBytes: number;
  repoDigests: readonly string[];
  repoTags: readonly string[];
}

/** The first `max` images (-1: all) of `images`, largest first, those of one size by descending id. */
export function nodeImages(images: readonly ImageFacts[], max: number): ContainerImage[] {
  const sorted = images.toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? 1 : -1));
  return (max < 0 ? sorted : sorted.slice(0, max)).map(({ sizeBytes, repoDigests, repoTags }) => {
    const names = [...repoDigests, ...repoTags].slice(0, maxNames);
    return { ...(names.length > 0 && { names }), ...(sizeBytes > 0 && { sizeBytes }) };
  });
}
