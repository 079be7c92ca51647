// The file systems of the kubelet's root directory, of images, and of writable layers.
import { stat } from 'node:fs/promises';
import type { ImageClient } from '@berth/cri/client/client.ts';
import type { ImageFsInfoResponse } from '@berth/cri/generated/api.ts';
import type { FileSystemLayout } from '../eviction/thresholds/thresholds.ts';
import { criSpace } from './cri-usage.ts';
import { type FileSystemAt, spaceOn, wholeFs } from './file-stats.ts';
import { fileSystemIfThere, fileSystemOf } from './node-readings.ts';
import type { FsStats, NodeStats } from './stats-api.ts';

interface MountPoints {
  images: string;
  containers: string;
}

/** Reads these file systems. The runtime is asked once where it keeps what, and each time how much its images take. */
export class NodeFileSystems {
  readonly #image: Pick<ImageClient, 'imageFsInfo'>;
  readonly #rootDir: string;
  #mountPoints: MountPoints | undefined;

  constructor(image: Pick<ImageClient, 'imageFsInfo'>, rootDir: string) {
    this.#image = image;
    this.#rootDir = rootDir;
  }

  /** Which of them are the same. Throws when the runtime does not answer. */
  async layout(): Promise<FileSystemLayout> {
    const { images, containers } = await this.#places();
    const [root, ofImages, ofContainers] = await Promise.all(
      [this.#rootDir, images, containers].map((path) => deviceOf(path)),
    );
    const hasContainerFs = ofImages !== ofContainers;
    // A runtime whose folders are not seen here counts as on the disk of the root directory.
    return { hasImageFs: hasContainerFs || (ofImages !== undefined && ofImages !== root), hasContainerFs };
  }

  /** Their space; what is not seen here is left out. */
  async figures(): Promise<Pick<NodeStats, 'fs' | 'runtime'>> {
    const { images, containers } = await this.#places();
    const [root, ofImages] = await Promise.all([fileSystemOf(this.#rootDir), fileSystemIfThere(images)]);
    const ofContainers = containers === images ? ofImages : await fileSystemIfThere(containers);
    const space = (fs: FileSystemAt | undefined) => fs && spaceOn(fs, { time: fs.time });
    return { fs: wholeFs(root), runtime: { imageFs: space(ofImages), containerFs: space(ofContainers) } };
  }

  /** What images take, as the runtime tells, and their file system where it is seen here. */
  async images(): Promise<FsStats> {
    const [first] = (await this.#info()).imageFilesystems;
    if (first === undefined) throw new Error('imageFs information is unavailable');
    return spaceOn(await fileSystemIfThere(first.fsId?.mountpoint), criSpace(first));
  }

  /** The file system of images, in bytes; undefined when it is not seen here. */
  async imageDisk(): Promise<{ capacity: bigint; available: bigint } | undefined> {
    const { images } = await this.#places();
    const fs = await fileSystemIfThere(images);
    return fs && { capacity: fs.totalBytes, available: fs.availableBytes };
  }

  async #places(): Promise<MountPoints> {
    return this.#mountPoints ?? mountPointsIn(await this.#info());
  }

  /** Asks the runtime, and remembers where it keeps what. */
  async #info(): Promise<ImageFsInfoResponse> {
    const info = await this.#image.imageFsInfo({});
    this.#mountPoints ??= mountPointsIn(info);
    return info;
  }
}

function mountPointsIn({ imageFilesystems, containerFilesystems }: ImageFsInfoResponse): MountPoints {
  const images = imageFilesystems[0]?.fsId?.mountpoint ?? '';
  return { images, containers: containerFilesystems[0]?.fsId?.mountpoint ?? images };
}

async function deviceOf(path: string): Promise<number | undefined> {
  const found = path === '' ? undefined : await stat(path).catch(() => undefined);
  return found?.dev;
}
