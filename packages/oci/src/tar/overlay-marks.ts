// What marks deletions in a directory that overlayfs uses: whiteouts and opaque directories.
import type { Stats } from 'node:fs';
import { getXattr } from '@berth/linux/files/xattr.ts';
import { encodeFileName } from './file-name.ts';

/** The device number of the character device that stands for a deleted file in an overlay's directory. */
const whiteoutDevice = 0;

/** Whether a file in an overlay's directory is a whiteout, which marks a deletion. */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === whiteoutDevice;
}

/** Whether a directory hides the directory of the same name in the layers below. `path` as in file-name.ts. */
export function isOpaque(path: string): boolean {
  return getXattr(encodeFileName(path), 'trusted.overlay.opaque')?.toString() === 'y';
}
