import { statfs } from 'node:fs/promises';

/** How full a file system is. */
export interface FileSystemUsage {
  totalBytes: bigint;
  usedBytes: bigint;
  /** What a process without privileges can still write. */
  availableBytes: bigint;
  /** 0 for all three where the file system has no fixed number of inodes. */
  totalInodes: bigint;
  usedInodes: bigint;
  freeInodes: bigint;
}

/** The usage of the file system that holds `path`. Asynchronous, as a network file system may hang. */
export async function fileSystemUsage(path: string): Promise<FileSystemUsage> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path, { bigint: true });
  return {
    totalBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    availableBytes: bavail * bsize,
    totalInodes: files,
    usedInodes: files - ffree,
    freeInodes: ffree,
  };
}
