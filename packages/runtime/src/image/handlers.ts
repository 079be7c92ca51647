import type { ImageHandlers } from '@berth/cri/server/server.ts';
import { inChunks } from '../rpc/chunks.ts';
import { imageFsInfo, type WritableLayers } from './fs-info.ts';
import { listImages } from './list.ts';
import { pullImage } from './pull.ts';
import { removeImage } from './remove.ts';
import type { ImageService } from './service.ts';
import { imageStatus } from './status.ts';

/** The handlers of the CRI's ImageService. */
export function imageHandlers(service: ImageService, layers: WritableLayers): ImageHandlers {
  return {
    pullImage: (request, call) => pullImage(service, request, call),
    listImages: (request) => listImages(service, request),
    streamImages: (request) =>
      inChunks(
        listImages(service, request).then((found) => found.images),
        (images) => ({ images }),
      ),
    imageStatus: (request) => imageStatus(service, request),
    removeImage: (request) => removeImage(service, request),
    imageFsInfo: () => imageFsInfo(service, layers),
  };
}
