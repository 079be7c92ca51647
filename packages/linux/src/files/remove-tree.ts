// Deletes directory trees that containers wrote: safe against renames, mounts, deep nesting and immutable files.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { SyscallError } from '../syscall/errno.ts';
import { closeDescriptor } from '../syscall/libc.ts';
import { type DirectoryEntry, entriesOf } from './directory-names.ts';
import { clearProtection, clearProtectionOf } from './inode-flags.ts';
import { childPath, openChildDirectory } from './open-child.ts';

/** Concurrent unlink calls. libuv's pool has four threads, which other work shares. */
const breadth = 64;

/** Maximum number of nested open directories. Deeper directories are first moved to the top of the tree. */
const maxDepth = 16;

/** Maximum number of passes over a directory in which a process keeps creating files. */
const maxPasses = 100;

/** Additional directories that all removals together may empty concurrently. */
let spare = 32;

/**
 * Removes a file or a directory tree, including hostile ones: any depth of nesting, names that are not UTF-8, immutable
 * files. Works on open directories, so no path is too long, and a directory that is concurrently replaced by a symbolic
 * link is not followed. Succeeds when the path does not exist.
 *
 * Never crosses a mount: fails when `path` is a mount point or contains one.
 *
 * @param path its parents are trusted; symbolic links among them are followed
 * @throws SyscallError EBUSY for a mount, ENOTEMPTY when a process keeps creating files
 *
 * @example
 * import { existsSync, mkdirSync } from 'node:fs';
 *
 * mkdirSync('layer/usr/bin', { recursive: true });
 * await removeTree('layer');
 * assert.ok(!existsSync('layer'));
 */
export async function removeTree(path: string): Promise<void> {
  const name = basename(path);
  if (name === '' || name === '.' || name === '..') throw new Error(`${path} is no name of a file to remove`);
  let parent: Awaited<ReturnType<typeof open>>;
  try {
    parent = await open(dirname(path), O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  try {
    await new Removal(path).remove({ descriptor: parent.fd, depth: 0 }, Buffer.from(name));
  } finally {
    await parent.close();
  }
}

/** An open directory. */
interface Place {
  readonly descriptor: number;
  /** 0 for the parent of the tree. */
  readonly depth: number;
}

class Removal {
  readonly #path: string;
  /** The top directory of the tree, once it is open. */
  #top: Place | undefined;
  #moved = 0;
  readonly #prefix = `.removed-${randomBytes(6).toString('hex')}-`;

  constructor(path: string) {
    this.#path = path;
  }

  /** Removes an entry of `place`. */
  async remove(place: Place, name: Buffer): Promise<void> {
    let descriptor: number;
    try {
      descriptor = openChildDirectory(place.descriptor, name);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      if (hasCode(error, 'ENOTDIR', 'ELOOP')) return this.#unlink(place, name);
      throw this.#explained(error, name);
    }
    try {
      const child = { descriptor, depth: place.depth + 1 };
      this.#top ??= child;
      await this.#empty(child, () => this.#rmdir(place, name));
    } finally {
      closeDescriptor(descriptor);
    }
  }

  /** Removes the entries of a directory until `done` finds it empty. */
  async #empty(directory: Place, done: () => Promise<boolean>): Promise<void> {
    for (let passes = 0; passes < maxPasses; passes++) {
      const moved = this.#moved;
      for await (const entries of entriesOf(directory.descriptor, breadth)) {
        await this.#removeAll(directory, entries);
      }
      if (await done()) return;
      // Directories that were moved up here do not count as passes.
      if (this.#moved !== moved) passes = 0;
    }
    throw new SyscallError({
      syscall: 'rmdir',
      errno: 39,
      path: this.#path,
      hint: 'something goes on making files in it',
    });
  }

  async #removeAll(directory: Place, entries: readonly DirectoryEntry[]): Promise<void> {
    const directories = entries.filter((entry) => entry.isDirectory());
    const files = entries.filter((entry) => !entry.isDirectory());
    const beside = files.map(({ name }) => unawaited(this.#unlink(directory, name)));
    try {
      for (const { name } of directories) {
        if (spare > 0) {
          spare--;
          const removal = this.#removeDirectory(directory, name).finally(() => {
            spare++;
          });
          beside.push(unawaited(removal));
        } else {
          await this.#removeDirectory(directory, name);
        }
      }
    } finally {
      // Keep the directory open until the last operation in it has ended.
      await Promise.allSettled(beside);
    }
    await Promise.all(beside);
  }

  #removeDirectory(directory: Place, name: Buffer): Promise<void> {
    return directory.depth < maxDepth ? this.remove(directory, name) : this.#moveUp(directory, name);
  }

  /** Moves a directory to the top of the tree; the next pass over the top finds it. */
  async #moveUp(from: Place, name: Buffer): Promise<void> {
    const top = this.#top ?? from;
    const target = Buffer.from(`${this.#prefix}${this.#moved++}`);
    await this.#unprotected(from, name, async () => {
      await rename(childPath(from.descriptor, name), childPath(top.descriptor, target));
    });
  }

  async #unlink(directory: Place, name: Buffer): Promise<void> {
    await this.#unprotected(directory, name, async () => {
      try {
        await unlink(childPath(directory.descriptor, name));
      } catch (error) {
        // Replaced by a directory, which the next pass finds.
        if (!hasCode(error, 'EISDIR')) throw error;
      }
    });
  }

  /** False when the directory is not empty. */
  async #rmdir(parent: Place, name: Buffer): Promise<boolean> {
    let isGone = true;
    await this.#unprotected(parent, name, async () => {
      try {
        await rmdir(childPath(parent.descriptor, name));
      } catch (error) {
        // Replaced by another type of file, which the next pass over the parent finds.
        if (hasCode(error, 'ENOTDIR')) return;
        if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
        isGone = false;
      }
    });
    return isGone;
  }

  /** Runs a change to a directory; retries it after clearing the inode flags that forbid it. ENOENT is no error. */
  async #unprotected(directory: Place, name: Buffer, change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      const ofDirectory = hasCode(error, 'EPERM') && clearProtection(directory.descriptor);
      const ofName = hasCode(error, 'EPERM') && clearProtectionOf(directory.descriptor, name);
      if (!ofDirectory && !ofName) throw this.#explained(error, name);
      await change();
    }
  }

  #explained(error: unknown, name: Buffer): unknown {
    const about = `${this.#path}: ${JSON.stringify(name.toString())} in it`;
    if (hasCode(error, 'EXDEV', 'EBUSY')) {
      const hint = 'something is mounted there: unmount it first';
      return new SyscallError({ syscall: 'remove', errno: 16, path: about, hint }, { cause: error });
    }
    if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') {
      return new SyscallError(
        { syscall: 'remove', errno: Math.abs(error.errno), path: about },
        { cause: error },
      );
    }
    return error;
  }
}

/** Marks a promise as handled: it is awaited later, and may reject before. */
function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
