import type { RemoveImageRequest, RemoveImageResponse } from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';
import { findImage } from './names.ts';
import type { ImageService } from './service.ts';

/**
 * RemoveImage: removes an image with all of its names, whichever of them, or the id, the request has; so critest
 * and containerd want it. Containers that were made of the image keep its layers until they are gone. Without such
 * an image there is nothing to do, and no error.
 */
export async function removeImage(
  { records, gate, log }: ImageService,
  { image: spec }: RemoveImageRequest,
): Promise<RemoveImageResponse> {
  const text = spec?.image ?? '';
  if (text === '') throw invalid('image.image', 'is required');
  if (!findImage(records, text)) return {};
  await gate.run(async () => {
    const image = findImage(records, text);
    if (!image) return;
    records.retire(image.id);
    log.info(`Removed image: ${text}`, { image: image.id });
  });
  return {};
}
