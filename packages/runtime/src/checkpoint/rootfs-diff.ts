// Finds the files that a container deleted from its image, for the archive's list of deleted files.

import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { getXattr } from '@berth/linux/files/xattr.ts';
import { decodeFileName, encodeFileName } from '@berth/oci/tar/file-name.ts';

/** The device number of the character device that stands for a deleted file in an overlay's upper directory. */
const whiteoutDevice = 0;

/** Whether a file in an overlay's upper directory is a whiteout, which marks a deletion. */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === whiteoutDevice;
}

/**
 * Paths below the root that a container has deleted from its image: whiteouts, and the files of the image's layers in
 * a directory that the container replaced.
 * @param lowerDirs the image's unpacked layers
 */
export function deletedPaths(upper: string, lowerDirs: readonly string[]): string[] {
  const deleted: string[] = [];
  const walk = (below: string) => {
    const directory = join(upper, below);
    const names = namesIn(directory);
    if (
      below !== '' &&
      directory.isWellFormed() &&
      getXattr(directory, 'trusted.overlay.opaque')?.toString() === 'y'
    ) {
      const hidden = new Set(lowerDirs.flatMap((lower) => namesOfLayer(join(lower, below))));
      deleted.push(...[...hidden].filter((name) => !names.includes(name)).map((name) => join(below, name)));
    }
    for (const name of names) {
      const path = join(below, name);
      const stats = lstatSync(encodeFileName(join(upper, path)));
      if (isWhiteout(stats)) deleted.push(path);
      else if (stats.isDirectory()) walk(path);
    }
  };
  walk('');
  return deleted.sort();
}

/** Names in a directory; those that are not UTF-8 are encoded as in oci/tar/file-name.ts. */
function namesIn(directory: string): string[] {
  return readdirSync(encodeFileName(directory), { encoding: 'buffer' }).map(decodeFileName);
}

function namesOfLayer(directory: string): string[] {
  try {
    return namesIn(directory);
  } catch {
    // This layer has no such directory.
    return [];
  }
}
