import { statfs } from 'node:fs/promises';

/** Capacity and usage of a file system, as statvfs(3) reports them. */
export interface FileSystemUsage {
  totalBytes: bigint;
  usedBytes: bigint;
  /** Bytes available to an unprivileged process. */
  availableBytes: bigint;
  /** The three inode counts are 0 on a file system without a fixed number of inodes. */
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
