// Finds the files that a container deleted from its image, for the archive's list of deleted files.

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFileName, encodeFileName } from '@berth/oci/tar/file-name.ts';
import { isOpaque, isWhiteout } from '@berth/oci/tar/overlay-marks.ts';

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
    if (below !== '' && isOpaque(directory)) {
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
