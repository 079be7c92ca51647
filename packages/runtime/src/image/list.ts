import type { ListImagesRequest, ListImagesResponse } from '@berth/cri/generated/api.ts';
import { findImage } from './names.ts';
import type { ImageService } from './service.ts';
import { criImage } from './status.ts';

/** ListImages: all images, or the one that the filter means. */
export async function listImages(
  { state }: ImageService,
  { filter }: ListImagesRequest,
): Promise<ListImagesResponse> {
  const wanted = filter?.image?.image ?? '';
  const found = wanted === '' ? undefined : findImage(state, wanted);
  const images = wanted === '' ? [...state.images()] : found ? [found.image] : [];
  return {
    images: images.filter(({ phase }) => phase === 'ready').map((image) => criImage(state, image)),
  };
}
