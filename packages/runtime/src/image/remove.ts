import type { RemoveImageRequest, RemoveImageResponse } from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';
import { findImage } from './names.ts';
import type { ImageService } from './service.ts';

/**
 * RemoveImage: removes an image with all of its names, whether the request has its id or one of the names, as critest
 * expects and containerd does. Containers of the image keep its layers until they are removed. A missing image is no
 * error.
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
