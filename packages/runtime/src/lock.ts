import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How long a berthd that was just killed may take to let go. */
const waitMs = 2000;

/**
 * Makes sure that this berthd is the only one that uses a directory, which exists, until it ends or disposes of the
 * result: two would undo each other's work. The lock is SQLite's on an empty database, so the kernel lets
 * it go when berthd dies in whatever way.
 */
export function lockDirectory(dir: string): Disposable {
  const path = join(dir, 'lock');
  const database = new DatabaseSync(path, { timeout: waitMs });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(
      `${dir} is in use by another berthd; stop that one, or choose another --root and --state`,
      {
        cause: error,
      },
    );
  }
  return { [Symbol.dispose]: () => database.close() };
}
