import type { ImageHandlers } from '@berth/cri/server.ts';
import { FsInfo } from './fs-info.ts';
import { listImages } from './list.ts';
import { pullImage } from './pull.ts';
import { removeImage } from './remove.ts';
import type { ImageService } from './service.ts';
import { imageStatus } from './status.ts';

/** The handlers of the CRI's ImageService. `containersDir` holds the writable layers of containers. */
export function imageHandlers(service: ImageService, containersDir: string): ImageHandlers {
  const fsInfo = new FsInfo(service, containersDir);
  return {
    pullImage: (request, call) => pullImage(service, request, call),
    listImages: (request) => listImages(service, request),
    imageStatus: (request) => imageStatus(service, request),
    removeImage: (request) => removeImage(service, request),
    imageFsInfo: () => fsInfo.imageFsInfo(),
  };
}
