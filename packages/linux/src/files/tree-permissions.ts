// Changes group and mode of every file of a directory tree that a container may be changing at the same time.
import { chmodSync, chownSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { closeDescriptor } from '../syscall/libc.ts';
import { DirectoryDescent } from './directory-descent.ts';
import { entriesOf } from './directory-names.ts';
import { openChild } from './open-child.ts';
import { magicPath } from './safe-path.ts';

/** What a file shall have; what is undefined or already so is left alone. */
export interface Permissions {
  gid?: number;
  /** Permission bits with set-user-ID, set-group-ID and sticky bit. Ignored for a symbolic link, which has none. */
  mode?: number;
}

/** Entries that are changed between two turns of the event loop. */
const breadth = 64;

/** Directories nested more deeply are an error, which bounds the memory for the levels above. */
const maxDepth = 20_000;

/**
 * Gives each file, directory and symbolic link of a tree the permissions that `wanted` returns for it; a directory after
 * what is in it, and the top last, so that a top with its permissions proves a finished walk. Works on open files, so
 * that a concurrent writer cannot redirect it by a link. Does not enter mounts, and skips files that are removed
 * meanwhile. Goes on after a file that cannot be changed (on a read-only or remote file system); returns the first such
 * error.
 */
export async function changePermissions(
  directory: string,
  wanted: (stats: Stats) => Permissions,
): Promise<Error | undefined> {
  let failure: Error | undefined;
  const change = (descriptor: number): void => {
    try {
      changeOpened(descriptor, wanted);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      failure ??= error;
    }
  };
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  using descent = new DirectoryDescent(openSync(directory, flags), 'skip');
  for (const pending = [await changeFiles(descent.descriptor, change)]; ; ) {
    const name = pending.at(-1)?.pop();
    if (name === undefined) {
      change(descent.descriptor);
      pending.pop();
      if (pending.length === 0) return failure;
      descent.leave();
    } else if (descent.enter(name)) {
      if (descent.depth > maxDepth) throw new Error(`directories are nested deeper than ${maxDepth}`);
      pending.push(await changeFiles(descent.descriptor, change));
    }
  }
}

/** Changes the entries of a directory that are not directories; returns the names of its subdirectories. */
async function changeFiles(directory: number, change: (descriptor: number) => void): Promise<Buffer[]> {
  const directories: Buffer[] = [];
  for await (const entries of entriesOf(directory, breadth)) {
    for (const entry of entries) {
      if (entry.isDirectory()) directories.push(entry.name);
      else changeFile(directory, entry.name, change);
    }
    await nextTurn();
  }
  return directories;
}

function changeFile(directory: number, name: Buffer, change: (descriptor: number) => void): void {
  let descriptor: number;
  try {
    // O_PATH: opens the entry for its attributes alone; of a symbolic link the link itself.
    descriptor = openChild(directory, name, O_PATH);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EXDEV')) return;
    throw error;
  }
  try {
    change(descriptor);
  } finally {
    closeDescriptor(descriptor);
  }
}

/** By the /proc path of the descriptor, which leads to the very file that was opened, also to a symbolic link. */
function changeOpened(descriptor: number, wanted: (stats: Stats) => Permissions): void {
  const stats = fstatSync(descriptor);
  const { gid, mode } = wanted(stats);
  const path = magicPath(descriptor);
  const changesGroup = gid !== undefined && gid !== stats.gid;
  if (changesGroup) chownSync(path, -1, gid);
  if (mode === undefined || stats.isSymbolicLink()) return;
  // chown(2) may have cleared the set-user-ID and set-group-ID bits.
  const now = changesGroup ? fstatSync(descriptor).mode : stats.mode;
  if (mode !== (now & 0o7777)) chmodSync(path, mode);
}
