import type { ListImagesRequest, ListImagesResponse } from '@berth/cri/generated/api.ts';
import { findImage } from './names.ts';
import type { ImageService } from './service.ts';
import { criImage } from './status.ts';

/**
 * ListImages: all images, or the one that the filter names. Kubelets poll it, so it also triggers the clean-up of
 * removed images that no container uses any more.
 */
export async function listImages(
  service: ImageService,
  { filter }: ListImagesRequest,
): Promise<ListImagesResponse> {
  const { records, isPinned } = service;
  service.cleanUpReleased();
  const wanted = filter?.image?.image ?? '';
  const found = wanted === '' ? undefined : findImage(records, wanted);
  const images = wanted === '' ? [...records.images()] : found ? [found] : [];
  return {
    images: images
      .filter(({ phase }) => phase === 'ready')
      .map((image) => criImage(records, image, isPinned)),
  };
}
