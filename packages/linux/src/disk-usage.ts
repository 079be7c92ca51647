import { constants, fstatSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './errno.ts';

/** What files take on disk. */
export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

/** How many files are looked at at the same time; there are four threads for it, and others want them too. */
const breadth = 32;

/** How many names are read from a directory at once. */
const readAhead = 256;

/** A directory that has been seen: what is at its path later counts only if it is still this one. */
interface Seen {
  readonly path: string;
  readonly ino: number;
}

/**
 * What a directory and everything in it take, a file of several names counted once. Files that vanish meanwhile do
 * not count; `undefined` when the directory is not there. Stays on the file system of the directory, and below it
 * also when somebody puts links in the place of its directories meanwhile. Directories whose paths are longer than
 * a path can be are left out.
 */
export async function diskUsage(directory: string): Promise<DiskUsage | undefined> {
  const root = await lstatIfThere(directory);
  if (root === undefined) return undefined;
  const linked = new Set<number>();
  let bytes = root.blocks * 512;
  let inodes = 1;
  const pending: Seen[] = [{ path: directory, ino: root.ino }];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    await using handle = await openDirectory(current, root.dev);
    if (handle === undefined) continue;
    const place = `/proc/self/fd/${handle.fd}`;
    for await (const names of namesIn(place)) {
      const stats = await Promise.all(names.map((name) => lstatIfThere(`${place}/${name}`)));
      for (const [index, name] of names.entries()) {
        const found = stats[index];
        if (found === undefined || found.dev !== root.dev) continue;
        if (found.nlink > 1 && !found.isDirectory()) {
          if (linked.has(found.ino)) continue;
          linked.add(found.ino);
        }
        bytes += found.blocks * 512;
        inodes += 1;
        if (found.isDirectory()) pending.push({ path: join(current.path, name), ino: found.ino });
      }
    }
  }
  return { bytes, inodes };
}

async function openDirectory({ path, ino }: Seen, dev: number): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
  const stats = fstatSync(handle.fd);
  if (stats.dev === dev && stats.ino === ino) return handle;
  await handle.close();
  return undefined;
}

/** The names in a directory, `breadth` at a time: there may be millions. */
async function* namesIn(directory: string): AsyncGenerator<string[]> {
  using entries = await opendir(directory, { bufferSize: readAhead });
  let names: string[] = [];
  for (let entry = await entries.read(); entry !== null; entry = await entries.read()) {
    names.push(entry.name);
    if (names.length === breadth) {
      yield names;
      names = [];
    }
  }
  if (names.length > 0) yield names;
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
