// Opens a container's log file: follows links, and reads nothing but regular files.
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises';
import type { LogSource } from '@berth/cri/logs/log-file.ts';
import { within } from '../errors/within.ts';

/** The log at a path, with symbolic links resolved. */
export async function logSource(given: string): Promise<LogSource> {
  const path = await within(`failed to try resolving symlinks in path "${given}"`, async () => {
    await lstat(given);
    return await realpath(given);
  });
  return { path, open: () => within(`failed to open log file "${path}"`, () => openLog(path)) };
}

/**
 * Opens a log without blocking. A container with access to its log directory may have replaced the file by a FIFO,
 * which would block, or by a device, which never ends.
 */
async function openLog(path: string): Promise<FileHandle> {
  requireReadable(await stat(path), path);
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    requireReadable(await file.stat(), path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Throws for anything but files and directories; reading a directory fails later, as with the real crictl. */
function requireReadable(stats: Stats, path: string): void {
  if (!stats.isFile() && !stats.isDirectory()) throw new Error(`open ${path}: not a regular file`);
}
