import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile, writeLockHolder } from '@berth/linux/files/file-lock.ts';

/** How long a berthd that was just killed may take to let go. */
const waitMs = 2000;

/**
 * Makes sure that this berthd is the only one that uses a directory, which exists and is closed to other users,
 * until it ends or disposes of the result: two would undo each other's work.
 */
export async function lockDirectory(dir: string): Promise<Disposable> {
  refuseOlderBerthd(dir);
  const lock = await lockFile(join(dir, 'berthd.lock'), { waitMs });
  if (lock === undefined) throw inUse(dir);
  return lock;
}

/**
 * berthd 0.1 locked `lock`, a database of SQLite's that every user could open. One that still runs is told by its
 * write lock, which no other user can take; then the file is of no use any more.
 */
function refuseOlderBerthd(dir: string): void {
  const path = join(dir, 'lock');
  if (writeLockHolder(path) !== undefined) throw inUse(dir);
  rmSync(path, { force: true });
}

function inUse(dir: string): Error {
  return new Error(`${dir} is in use by another berthd; stop that one, or choose another --root and --state`);
}
