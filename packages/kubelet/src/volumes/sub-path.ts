// subPath: bind-mounts a part of a volume. The volume's content is untrusted: a container may have created symbolic
// links that point out of it, and may change them at any time.

import { chmodSync, closeSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import {
  magicPath,
  makeDirectoryInRoot,
  openBeneath,
  openWithoutLinks,
} from '@berth/linux/files/safe-path.ts';
import { bindMount, unmount } from '@berth/linux/mounts/mount.ts';
import { asSyscallError } from '@berth/linux/syscall/errno.ts';

/**
 * Bind-mounts `subPath` of `volume` at `target` and returns `target`. Makes a missing directory with the volume's mode.
 * A link may be absolute, but its target on the node must be in the volume. Throws when the path is absolute, contains
 * `..`, or a link leads out of the volume.
 */
export function bindSubPath(volume: string, subPath: string, target: string): string {
  checkSubPath(subPath);
  const descriptor = openOrMake(volume, join('.', subPath));
  try {
    // An earlier attempt may have left a mount here. Running containers keep it.
    unmount(target, { detach: true, ifMounted: true });
    makeTarget(target, statSync(magicPath(descriptor)).isDirectory());
    bindMount(magicPath(descriptor), target, { recursive: true });
    return target;
  } finally {
    closeSync(descriptor);
  }
}

/** Throws when the path is absolute or contains `..`. */
export function checkSubPath(subPath: string): void {
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..')) {
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  }
}

function openOrMake(volume: string, subPath: string): number {
  const opened = openInVolume(volume, subPath);
  if (opened !== undefined) return opened;
  const mode = statSync(volume).mode & 0o7777;
  makeDirectoryInRoot(volume, pathWithoutLinks(volume, subPath), { mode });
  const descriptor = openInVolume(volume, subPath);
  if (descriptor === undefined) throw new Error(`unable to provision SubPath \`${subPath}\`: it was removed`);
  chmodSync(magicPath(descriptor), mode);
  return descriptor;
}

/** Undefined when there is no such path. */
function openInVolume(volume: string, subPath: string): number | undefined {
  try {
    return openBeneath(volume, subPath, O_PATH);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (!hasCode(error, 'EXDEV', 'ELOOP')) throw error;
  }
  // openat2(2) refuses all absolute links. Resolve them, then open the result without following links: this refuses a
  // link that appears meanwhile.
  try {
    return openWithoutLinks(volume, pathWithoutLinks(volume, subPath), O_PATH);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (!hasCode(error, 'EXDEV', 'ELOOP')) throw error;
    throw leadsOut(subPath, error);
  }
}

/** Resolves the existing part of `subPath` within the volume, and appends the missing part. */
function pathWithoutLinks(volume: string, subPath: string): string {
  const root = realpathSync.native(volume);
  const missing: string[] = [];
  for (let path = subPath; ; path = dirname(path)) {
    const found = realPath(join(root, path));
    if (found === undefined) {
      missing.unshift(path.slice(dirname(path) === '.' ? 0 : dirname(path).length + 1));
      continue;
    }
    const inside = relative(root, found);
    if (inside === '..' || inside.startsWith('../')) throw leadsOut(subPath);
    return join('.', inside, ...missing);
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw asSyscallError(error);
  }
}

function leadsOut(subPath: string, cause?: unknown): Error {
  return new Error(`unable to provision SubPath \`${subPath}\`: a symbolic link leads out of the volume`, {
    cause,
  });
}

function makeTarget(target: string, directory: boolean): void {
  mkdirSync(directory ? target : dirname(target), { recursive: true, mode: 0o700 });
  if (!directory) writeFileSync(target, '', { flag: 'a', mode: 0o600 });
}
