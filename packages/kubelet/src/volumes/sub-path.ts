// A part of a volume, bound to a place of its own. What is in the volume is not trusted: a container may have put
// symbolic links there that point out of it, or may change them while we look.

import { chmodSync, closeSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '@berth/linux/errno.ts';
import { bindMount, unmount } from '@berth/linux/mount.ts';
import { O_PATH } from '@berth/linux/open-flags.ts';
import { magicPath, makeDirectoryInRoot, openBeneath } from '@berth/linux/safe-path.ts';

/**
 * Binds `subPath` of `volume` to `target` and returns `target`. A missing directory is made with the volume's
 * mode. Throws when the path is absolute, goes backwards, or a link leads out of the volume.
 */
export function bindSubPath(volume: string, subPath: string, target: string): string {
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..')) {
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  }
  const descriptor = openOrMake(volume, subPath);
  try {
    // A mount of an earlier attempt may be there: containers that still use it keep it.
    unmount(target, { detach: true, ifMounted: true });
    makeTarget(target, statSync(magicPath(descriptor)).isDirectory());
    bindMount(magicPath(descriptor), target, { recursive: true });
    return target;
  } finally {
    closeSync(descriptor);
  }
}

function openOrMake(volume: string, subPath: string): number {
  try {
    return openInVolume(volume, subPath);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  const mode = statSync(volume).mode & 0o7777;
  makeDirectoryInRoot(volume, subPath, { mode });
  const descriptor = openInVolume(volume, subPath);
  chmodSync(magicPath(descriptor), mode);
  return descriptor;
}

function openInVolume(volume: string, subPath: string): number {
  try {
    return openBeneath(volume, subPath, O_PATH);
  } catch (error) {
    if (!hasCode(error, 'EXDEV', 'ELOOP')) throw error;
    throw new Error(`unable to provision SubPath \`${subPath}\`: a symbolic link leads out of the volume`, {
      cause: error,
    });
  }
}

function makeTarget(target: string, directory: boolean): void {
  mkdirSync(directory ? target : dirname(target), { recursive: true, mode: 0o700 });
  if (!directory) writeFileSync(target, '', { flag: 'a', mode: 0o600 });
}
