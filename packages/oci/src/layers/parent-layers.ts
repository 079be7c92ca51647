// Completes an unpacked layer with files and attributes of its parent layers.
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
import { LayerError, LayerLimitError } from './layer-error.ts';

/** What an unpacked layer refers to in its parent layers. Paths are relative to the layer's root. */
export interface ParentReferences {
  /** Directories with files but without an entry of their own: they get the attributes of the parent's directory. */
  impliedDirectories: string[];
  /** Hard links to files of parent layers. */
  danglingLinks: { path: string; target: string }[];
}

/**
 * Completes an unpacked layer from its parents. Directories without an entry get the owner, mode and times of the
 * parent's directory, as overlayfs shows the topmost directory's. A hard link to a parent's file becomes a link to a
 * copy of that file.
 *
 * @param directory where the layer was unpacked
 * @param parents the unpacked parent layers, topmost first
 * @param options limit of the copies: a link of a few bytes may refer to a file of any size
 * @returns bytes of the copies
 */
export async function completeFromParents(
  directory: string,
  references: ParentReferences,
  parents: readonly string[],
  options: { maxBytes: number; signal?: AbortSignal },
): Promise<number> {
  for (const path of references.impliedDirectories) {
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
  for (const { path, target } of references.danglingLinks) {
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
