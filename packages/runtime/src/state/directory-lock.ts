import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile, writeLockHolder } from '@berth/linux/files/file-lock.ts';

/** Timeout for a berthd that was just killed to release its lock. */
const waitMs = 2000;

/**
 * Locks an existing private directory until this berthd ends or disposes of the result: two berthds would undo each
 * other's work.
 */
export async function lockDirectory(dir: string): Promise<Disposable> {
  refuseOlderBerthd(dir);
  const lock = await lockFile(join(dir, 'berthd.lock'), { waitMs });
  if (lock === undefined) throw inUse(dir);
  return lock;
}

/**
 * Refuses to start beside a berthd 0.1, which locked `lock`, an SQLite database that every user could open. Its write
 * lock, which no other user can take, shows that it runs; otherwise the file is obsolete.
 */
function refuseOlderBerthd(dir: string): void {
  const path = join(dir, 'lock');
  if (writeLockHolder(path) !== undefined) throw inUse(dir);
  rmSync(path, { force: true });
}

function inUse(dir: string): Error {
  return new Error(`${dir} is in use by another berthd; stop it, or choose another --root and --state`);
}
