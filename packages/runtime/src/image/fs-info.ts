import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilesystemUsage, ImageFsInfoResponse } from '@berth/cri/generated/api.ts';
import { nowNs } from '../clock.ts';
import type { ImageService } from './service.ts';

/** How old, in milliseconds, the measured size of containers' writable layers may be. */
const measuredFor = 30_000;

/** Answers ImageFsInfo: what images and containers' writable layers take of the file system that both are on. */
export class FsInfo {
  private readonly service: ImageService;
  private readonly containersDir: string;
  private measured: { at: number; usage: Promise<Usage> } | undefined;

  /** `containersDir` holds the writable layers. */
  constructor(service: ImageService, containersDir: string) {
    this.service = service;
    this.containersDir = containersDir;
  }

  /** ImageFsInfo. Images are counted from their rows; containers' files are walked, but at most twice a minute. */
  async imageFsInfo(): Promise<ImageFsInfoResponse> {
    if (!this.measured || Date.now() - this.measured.at > measuredFor) {
      this.measured = { at: Date.now(), usage: walk(this.containersDir) };
    }
    return {
      imageFilesystems: [this.filesystem(imageUsage(this.service))],
      containerFilesystems: [this.filesystem(await this.measured.usage)],
    };
  }

  private filesystem({ bytes, inodes }: Usage): FilesystemUsage {
    return {
      timestamp: nowNs(),
      // The same for both, which tells a kubelet that they share one file system.
      fsId: { mountpoint: this.service.options.root },
      usedBytes: { value: BigInt(bytes) },
      inodesUsed: { value: BigInt(inodes) },
    };
  }
}

interface Usage {
  bytes: number;
  inodes: number;
}

function imageUsage({ state }: ImageService): Usage {
  const usage = { bytes: 0, inodes: 0 };
  for (const { diskBytes, files } of state.layers()) {
    usage.bytes += diskBytes;
    usage.inodes += files;
  }
  return usage;
}

/** What a directory and everything in it takes on disk; files that vanish meanwhile do not count. */
async function walk(dir: string): Promise<Usage> {
  const usage = { bytes: 0, inodes: 0 };
  const pending = [dir];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const stats = await lstat(current).catch(() => undefined);
    if (!stats) continue;
    usage.bytes += stats.blocks * 512;
    usage.inodes += 1;
    if (!stats.isDirectory()) continue;
    for (const name of await readdir(current).catch(() => [])) pending.push(join(current, name));
  }
  return usage;
}
