import { closeSync, constants, fstatSync, open as openFile, type Stats } from 'node:fs';
import { lstat, opendir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from './errno.ts';

/** What files take on disk. */
export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

/** How many files are looked at at the same time; there are four threads for it, and others want them too. */
const breadth = 32;

/** A directory that takes more bytes than this may have millions of names, which are not read all at once. */
const wholeBytes = 128 * 1024;
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
    using opened = await OpenDirectory.of(current, root.dev);
    if (opened === undefined) continue;
    for await (const names of opened.names()) {
      const stats = await Promise.all(names.map((name) => lstatIfThere(`${opened.path}/${name}`)));
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

const open = promisify(openFile);

/** A directory that stays the same whatever comes to its path. */
class OpenDirectory implements Disposable {
  /** Names it for as long as it is open. */
  readonly path: string;
  readonly #descriptor: number;
  readonly #size: number;

  private constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.#size = size;
    this.path = `/proc/self/fd/${descriptor}`;
  }

  /** Undefined when it is not there any more. */
  static async of({ path, ino }: Seen, dev: number): Promise<OpenDirectory | undefined> {
    let descriptor: number;
    try {
      descriptor = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
      throw error;
    }
    const stats = fstatSync(descriptor);
    if (stats.dev === dev && stats.ino === ino) return new OpenDirectory(descriptor, stats.size);
    closeSync(descriptor);
    return undefined;
  }

  /** What is in it, `breadth` names at a time. */
  async *names(): AsyncGenerator<string[]> {
    if (this.#size <= wholeBytes) {
      const names = await readdir(this.path);
      for (let from = 0; from < names.length; from += breadth) yield names.slice(from, from + breadth);
      return;
    }
    using entries = await opendir(this.path, { bufferSize: readAhead });
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

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
