import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { getXattr } from '@berth/linux/files/xattr.ts';
import { decodeFileName, encodeFileName } from '@berth/oci/tar/file-name.ts';

/** The device number of the character device that stands for a deleted file in an overlay's upper directory. */
const whiteoutDevice = 0;

/** Whether this stands for a deletion, and is not a file of the container's. */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === whiteoutDevice;
}

/**
 * Paths below the root that a container has deleted from its image: whiteouts, and what the image's layers have in
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

/** Names that are not UTF-8 as oci/tar/file-name.ts has them. */
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
