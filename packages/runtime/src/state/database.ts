import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateDirectory } from '@berth/linux/files/directories.ts';

/** How long a backup that reads the database may take while berthd starts. */
const waitMs = 2000;
const SQLITE_BUSY = 5;

/**
 * Opens berthd's database, making it when it is missing. Write-ahead log with `synchronous = NORMAL`: a
 * commit survives the death of berthd at any instruction, because the kernel has it; only a power cut can
 * lose the last ones, and a reboot ends every container and empties /run anyway, which reconciliation
 * has to cope with. So no request waits for a disk.
 *
 * The files are ours alone, and so is the lock, from here until the database is closed: nobody else's can make a
 * request fail, and the log has no index in shared memory (`-shm`). The caller sees to it that no other berthd uses
 * them (directory-lock.ts).
 */
export function openDatabase(path: string): DatabaseSync {
  makePrivateDirectory(dirname(path));
  try {
    if (makePrivateFile(path)) replaceByCopy(path);
    try {
      return openLocked(path);
    } catch (error) {
      if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) throw error;
      replaceByCopy(path);
      return openLocked(path);
    }
  } catch (error) {
    throw new Error(`${path}: berthd's database cannot be opened`, { cause: error });
  }
}

function openLocked(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: waitMs });
  try {
    // The locking mode first: it decides about the index when the log is first used.
    database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
       PRAGMA foreign_keys = ON`,
    );
    // The first look at the tables takes the lock.
    makeVersionTable(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The table that says which version the tables of each component have. */
function makeVersionTable(database: DatabaseSync): void {
  const columns = database.prepare("SELECT name FROM pragma_table_info('schema_version')").all();
  // The name that berthd up to 0.1.0 gave the column.
  if (columns.some(({ name }) => name === 'room')) {
    database.exec('ALTER TABLE schema_version RENAME COLUMN room TO component');
  }
  database.exec(
    'CREATE TABLE IF NOT EXISTS schema_version (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
  );
}

/**
 * Makes the database's file when it is missing, with mode 0600, which SQLite's other files then have too. Returns
 * whether an older berthd left any of them open to other users.
 */
function makePrivateFile(path: string): boolean {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  closeSync(openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600));
  return [path, `${path}-wal`, `${path}-shm`]
    .map((file) => ((lstatSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0)
    .includes(true);
}

/**
 * Puts copies in the place of the database and its log. Who had the files open goes on with those that were there:
 * a user who opened them while an older berthd left them readable, or a shell of SQLite's that was forgotten. Their
 * locks are not on ours then, and what they hold does not change any more. The copies are what they replace, so a
 * crash in between does no harm.
 */
function replaceByCopy(path: string): void {
  for (const file of [`${path}-wal`, path]) {
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) continue;
    const copy = `${file}.new`;
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    renameSync(copy, file);
  }
  rmSync(`${path}-shm`, { force: true });
}

/**
 * Brings the tables of one component up to date: `steps[n]` is SQL that leads from version n to n + 1. Only ever
 * append to a list of steps. A database of a newer berthd is refused, because its rows may mean something
 * that this one does not know.
 */
export function migrate(database: DatabaseSync, component: string, steps: readonly string[]): void {
  const row = database.prepare('SELECT version FROM schema_version WHERE component = ?').get(component);
  const version = typeof row?.version === 'number' ? row.version : 0;
  if (version > steps.length) {
    throw new Error(
      `the database has version ${version} of the ${component} tables and this berthd knows ${steps.length}: ` +
        'start the newer berthd again, or remove all pods and delete the database',
    );
  }
  for (const [index, sql] of steps.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN; ${sql};
      INSERT INTO schema_version VALUES ('${component}', ${index + 1})
        ON CONFLICT (component) DO UPDATE SET version = excluded.version;
      COMMIT`);
  }
}
