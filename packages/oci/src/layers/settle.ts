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
import type { Unsettled } from './extractor.ts';
import { LayerError } from './layer-error.ts';

/**
 * Completes an extracted layer with what it needs of the layers below. Directories that its archive only implies
 * get owner, mode and time of the same directory below, which overlayfs would otherwise replace with ours; hard
 * links to files below get a copy of the file to link to.
 *
 * @param directory where the layer was extracted
 * @param parents the unpacked layers below, topmost first
 */
export async function settleLayer(
  directory: string,
  unsettled: Unsettled,
  parents: readonly string[],
): Promise<void> {
  for (const path of unsettled.impliedDirectories) {
    const below = await findBelow(parents, path);
    if (!below?.stats.isDirectory()) continue;
    const { uid, gid, mode, atime, mtime } = below.stats;
    await chown(join(directory, path), uid, gid);
    await chmod(join(directory, path), mode & 0o7777);
    await utimes(join(directory, path), atime, mtime);
  }
  const copies = new Map<string, string>();
  for (const { path, target } of unsettled.danglingLinks) {
    const destination = join(directory, path);
    if (await exists(destination)) continue;
    const copy = copies.get(target) ?? (await findBelow([directory], target))?.path;
    if (copy) {
      await link(copy, destination);
      continue;
    }
    const source = await findBelow(parents, target);
    if (!source) {
      throw new LayerError(
        `${JSON.stringify(path)} is a hard link to ${JSON.stringify(target)}, which does not exist`,
      );
    }
    await copyFrom(source, destination);
    copies.set(target, destination);
  }
}

interface Found {
  path: string;
  stats: Stats;
}

/** Looks a path up through layers without following symbolic links; a whiteout or another kind of file ends it. */
async function findBelow(layers: readonly string[], path: string): Promise<Found | undefined> {
  const components = path.split('/').filter(Boolean);
  for (const layer of layers) {
    let current = layer;
    let stats = await lstat(layer);
    let isHere = true;
    for (const component of components) {
      // What is not a directory hides everything below it.
      if (!stats.isDirectory()) return undefined;
      current = join(current, component);
      const next = await lstatIfPresent(current);
      if (!next) {
        isHere = false;
        break;
      }
      stats = next;
    }
    if (!isHere) continue;
    return stats.isCharacterDevice() && stats.rdev === 0 ? undefined : { path: current, stats };
  }
  return undefined;
}

async function copyFrom({ path, stats }: Found, destination: string): Promise<void> {
  if (stats.isSymbolicLink()) await symlink(await readlink(path), destination);
  else if (stats.isFile()) await copyFile(path, destination, constants.COPYFILE_EXCL);
  else
    throw new LayerError(
      `${JSON.stringify(path)}: only files and symbolic links can be linked to across layers`,
    );
  await lchown(destination, stats.uid, stats.gid);
  if (stats.isFile()) await chmod(destination, stats.mode & 0o7777);
  await lutimes(destination, stats.atime, stats.mtime);
}

async function exists(path: string): Promise<boolean> {
  return (await lstatIfPresent(path)) !== undefined;
}

async function lstatIfPresent(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
