import { closeSync, constants, openSync } from 'node:fs';
import { backgroundFunction } from '../syscall/libc.ts';

const syncfs = backgroundFunction('syncfs', ['int']);

/**
 * Resolves when all data written so far to the file system of a directory is on disk. syncfs(2) runs on another thread,
 * because it can take seconds.
 */
export async function syncFilesystem(directory: string): Promise<void> {
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    if ((await syncfs(descriptor)) !== 0) {
      throw new Error(`syncfs ${directory} failed: not all that was written is on the disk`);
    }
  } finally {
    closeSync(descriptor);
  }
}
