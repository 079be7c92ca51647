import { constants, type Stats } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lchown,
  link,
  lstat,
  lutimes,
  readlink,
  symlink,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { quoted } from '@berth/common/printable.ts';
import { getXattr, listXattrs, setXattr } from '@berth/linux/files/xattr.ts';
import { encodeFileName as native } from '../tar/file-name.ts';
import type { Unsettled } from './extractor.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';

/**
 * Completes an extracted layer with what it needs of the layers below. Directories that its archive only implies
 * get owner, mode and time of the same directory below, which overlayfs would otherwise replace with ours; hard
 * links to files below get a copy of the file to link to.
 *
 * @param directory where the layer was extracted
 * @param parents the unpacked layers below, topmost first
 * @param options what the copies may take, since a link of a few bytes may be to a file of any size
 * @returns bytes that the copies take
 */
export async function settleLayer(
  directory: string,
  unsettled: Unsettled,
  parents: readonly string[],
  options: { maxBytes: number; signal?: AbortSignal },
): Promise<number> {
  for (const path of unsettled.impliedDirectories) {
    const below = await findBelow(parents, path);
    if (!below?.stats.isDirectory()) continue;
    const { uid, gid, mode, atime, mtime } = below.stats;
    const implied = native(join(directory, path));
    await chown(implied, uid, gid);
    await chmod(implied, mode & 0o7777);
    await utimes(implied, atime, mtime);
  }
  const copies = new Map<string, string>();
  let copiedBytes = 0;
  for (const { path, target } of unsettled.danglingLinks) {
    options.signal?.throwIfAborted();
    const destination = join(directory, path);
    if (await exists(destination)) continue;
    const copy = copies.get(target) ?? (await findBelow([directory], target))?.path;
    if (copy) {
      await link(native(copy), native(destination));
      continue;
    }
    const source = await findBelow(parents, target);
    if (!source) {
      throw new LayerError(`${quoted(path)} is a hard link to ${quoted(target)}, which does not exist`);
    }
    copiedBytes += source.stats.size;
    if (copiedBytes > options.maxBytes) {
      throw new LayerLimitError(
        'maxBytes',
        `${quoted(path)} is a hard link whose copy takes the layer over the limit maxBytes`,
      );
    }
    await copyFrom(source, destination);
    copies.set(target, destination);
  }
  return copiedBytes;
}

interface Found {
  path: string;
  stats: Stats;
}

/**
 * Looks a path up through layers without following symbolic links. The search ends where a layer hides those below
 * it: at a whiteout, at anything else that is no directory, and in an opaque directory.
 */
async function findBelow(layers: readonly string[], path: string): Promise<Found | undefined> {
  const components = path.split('/').filter(Boolean);
  for (const layer of layers) {
    const found = await findInLayer(layer, components);
    if (found === 'hidden') return undefined;
    if (found) return found;
  }
  return undefined;
}

async function findInLayer(
  layer: string,
  components: readonly string[],
): Promise<Found | 'hidden' | undefined> {
  let current: Found = { path: layer, stats: await lstat(layer) };
  let isOpaque = false;
  for (const component of components) {
    if (!current.stats.isDirectory()) return 'hidden';
    const path = join(current.path, component);
    const stats = await lstatIfPresent(path);
    if (!stats) return isOpaque ? 'hidden' : undefined;
    current = { path, stats };
    isOpaque ||= stats.isDirectory() && getXattr(native(path), 'trusted.overlay.opaque')?.toString() === 'y';
  }
  return current.stats.isCharacterDevice() && current.stats.rdev === 0 ? 'hidden' : current;
}

async function copyFrom({ path, stats }: Found, destination: string): Promise<void> {
  const [from, to] = [native(path), native(destination)];
  if (stats.isSymbolicLink()) await symlink(await readlink(from, 'buffer'), to);
  else if (stats.isFile()) await copyFile(from, to, constants.COPYFILE_EXCL);
  else throw new LayerError(`${quoted(path)}: only files and symbolic links can be linked to across layers`);
  await lchown(to, stats.uid, stats.gid);
  if (stats.isFile()) await chmod(to, stats.mode & 0o7777);
  for (const name of listXattrs(from)) setXattr(to, name, getXattr(from, name) ?? '');
  await lutimes(to, stats.atime, stats.mtime);
}

async function exists(path: string): Promise<boolean> {
  return (await lstatIfPresent(path)) !== undefined;
}

async function lstatIfPresent(path: string): Promise<Stats | undefined> {
  return lstat(native(path)).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
