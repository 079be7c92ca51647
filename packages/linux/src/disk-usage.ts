import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './errno.ts';

/** What files take on disk. */
export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

/** How many files are looked at at the same time; there are four threads for it, and others want them too. */
const breadth = 32;

/**
 * What a directory and everything in it take, a file of several names counted once. Files that vanish meanwhile do
 * not count; `undefined` when the directory is not there. Stays on the file system of the directory.
 */
export async function diskUsage(directory: string): Promise<DiskUsage | undefined> {
  const root = await lstatIfThere(directory);
  if (root === undefined) return undefined;
  const linked = new Set<number>();
  let bytes = root.blocks * 512;
  let inodes = 1;
  const pending = [directory];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const parent = current;
    const names = (await entries(parent)).map((name) => join(parent, name));
    for (let from = 0; from < names.length; from += breadth) {
      const batch = names.slice(from, from + breadth);
      const stats = await Promise.all(batch.map(lstatIfThere));
      for (const [index, path] of batch.entries()) {
        const found = stats[index];
        if (found === undefined || found.dev !== root.dev) continue;
        if (found.nlink > 1 && !found.isDirectory()) {
          if (linked.has(found.ino)) continue;
          linked.add(found.ino);
        }
        bytes += found.blocks * 512;
        inodes += 1;
        if (found.isDirectory()) pending.push(path);
      }
    }
  }
  return { bytes, inodes };
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function entries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
