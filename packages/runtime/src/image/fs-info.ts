import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import type { FilesystemUsage, ImageFsInfoResponse } from '@berth/cri/generated/api.ts';
import type { CachedDiskUsage } from '@berth/linux/files/cached-disk-usage.ts';
import type { DiskUsage } from '@berth/linux/files/disk-usage.ts';
import { nowNs } from '../time/clock.ts';
import type { ImageService } from './service.ts';

/** The writable layers' directory and the cache of their sizes. */
export interface WritableLayers {
  /** Has a directory for each container; its `upper` is the writable layer. */
  readonly dir: string;
  readonly usage: CachedDiskUsage;
}

/**
 * ImageFsInfo: the usage of images and of writable layers on the file system that holds both. Images are summed from
 * their rows and from the files of the content store, which are few; writable layers from the cached sizes: no tree is
 * walked during the call.
 */
export async function imageFsInfo(
  service: ImageService,
  layers: WritableLayers,
): Promise<ImageFsInfoResponse> {
  const containers = await writableUsage(layers);
  const filesystem = ({ bytes, inodes }: DiskUsage): FilesystemUsage => ({
    timestamp: nowNs(),
    // The same id for both tells a kubelet that they share one file system.
    fsId: { mountpoint: service.root },
    usedBytes: { value: BigInt(bytes) },
    inodesUsed: { value: BigInt(inodes) },
  });
  return {
    imageFilesystems: [filesystem(await imageUsage(service))],
    containerFilesystems: [filesystem(containers)],
  };
}

/** The usage of images, with what interrupted pulls left: their layers have rows, their downloads are content. */
export async function imageUsage({ records, content }: ImageService): Promise<DiskUsage> {
  const layers = [...records.layers()].map(({ diskBytes, files }) => ({ bytes: diskBytes, inodes: files }));
  return total([...layers, await content.usage()]);
}

async function writableUsage({ dir, usage }: WritableLayers): Promise<DiskUsage> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const layers = await usage.of(names.map((name) => join(dir, name, 'upper')));
  return total(layers.filter((layer) => layer !== undefined));
}

function total(usages: readonly DiskUsage[]): DiskUsage {
  return {
    bytes: usages.reduce((sum, { bytes }) => sum + bytes, 0),
    inodes: usages.reduce((sum, { inodes }) => sum + inodes, 0),
  };
}
