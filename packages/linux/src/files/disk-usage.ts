// Bytes and inodes of a directory tree, as du(1) counts them.
import { constants, open as openFile, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hasCode } from '@berth/common/error-code.ts';
import { DirectoryDescent, MovedError } from './directory-descent.ts';
import { entriesOf } from './directory-names.ts';
import { childPath } from './open-child.ts';

/** Allocated bytes and inodes. */
export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

/** Concurrent lstat calls. libuv has four threads, which others need too. */
const breadth = 32;

/** Directories nested more deeply are not counted, which bounds the memory for the levels above. */
const maxDepth = 100_000;

/**
 * The disk usage of a directory tree; hard links count once, and files that vanish meanwhile do not count. `undefined`
 * when there is no directory. It stays on the directory's file system, and follows no symbolic link even when a
 * directory is replaced by one meanwhile. When a directory is moved meanwhile, the rest is not counted.
 */
export async function diskUsage(directory: string): Promise<DiskUsage | undefined> {
  const root = await lstatIfThere(directory);
  if (root === undefined) return undefined;
  const count = new Count(root);
  const descriptor = root.isDirectory() ? await openIfThere(directory) : undefined;
  if (descriptor === undefined) return count.usage;
  using descent = new DirectoryDescent(descriptor, 'skip');
  try {
    for (const pending = [await count.entries(descriptor)]; ; ) {
      const name = pending.at(-1)?.pop();
      if (name === undefined) {
        pending.pop();
        if (pending.length === 0) break;
        descent.leave();
      } else if (descent.depth < maxDepth && descent.enter(name)) {
        pending.push(await count.entries(descent.descriptor));
      }
    }
  } catch (error) {
    if (!(error instanceof MovedError)) throw error;
  }
  return count.usage;
}

class Count {
  #bytes: number;
  #inodes = 1;
  readonly #dev: number;
  readonly #linked = new Set<number>();

  constructor(root: Stats) {
    this.#bytes = root.blocks * 512;
    this.#dev = root.dev;
  }

  get usage(): DiskUsage {
    return { bytes: this.#bytes, inodes: this.#inodes };
  }

  /** Counts the entries of a directory; returns the names of its subdirectories. */
  async entries(descriptor: number): Promise<Buffer[]> {
    const directories: Buffer[] = [];
    for await (const entries of entriesOf(descriptor, breadth)) {
      const stats = await Promise.all(entries.map(({ name }) => lstatIfThere(childPath(descriptor, name))));
      for (const [index, { name }] of entries.entries()) {
        const found = stats[index];
        if (found === undefined || !this.#add(found)) continue;
        if (found.isDirectory()) directories.push(name);
      }
    }
    return directories;
  }

  /** False for a file that does not count: on another file system, or a further hard link. */
  #add(found: Stats): boolean {
    if (found.dev !== this.#dev) return false;
    if (found.nlink > 1 && !found.isDirectory()) {
      if (this.#linked.has(found.ino)) return false;
      this.#linked.add(found.ino);
    }
    this.#bytes += found.blocks * 512;
    this.#inodes += 1;
    return true;
  }
}

const open = promisify(openFile);

async function openIfThere(path: string): Promise<number | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

async function lstatIfThere(path: string | Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
