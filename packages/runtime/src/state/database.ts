// Opens berthd's SQLite database with private files and a lock, and migrates its tables.

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
import { makePrivateDirectory } from '@berth/common/files/directories.ts';

/** Timeout for a backup that reads the database while berthd starts. */
const waitMs = 2000;
const sqliteBusy = 5;

/**
 * Opens berthd's database, creating it when missing. Write-ahead log with `synchronous = NORMAL`: a commit survives
 * the death of berthd at any instruction, because the kernel has it. Only a power loss can lose the last commits; it
 * also ends every container and empties /run, which reconciliation handles. So no request waits for the disk. The
 * files are private, and locked from here until the database is closed: no other process can make a request fail, and
 * the log has no index in shared memory (`-shm`). The caller ensures that no other berthd uses them
 * (directory-lock.ts).
 */
export function openDatabase(path: string): DatabaseSync {
  makePrivateDirectory(dirname(path));
  try {
    if (makePrivateFile(path)) replaceByCopy(path);
    try {
      return openLocked(path);
    } catch (error) {
      if (!(error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy)) throw error;
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
    // Set the locking mode first: it determines whether the first use of the log creates the index.
    database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
       PRAGMA foreign_keys = ON`,
    );
    // The first read of the tables takes the lock.
    makeVersionTable(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Creates the table that records the schema version of each component. */
function makeVersionTable(database: DatabaseSync): void {
  const columns = database.prepare("SELECT name FROM pragma_table_info('schema_version')").all();
  // berthd up to 0.1.0 gave the column this name.
  if (columns.some(({ name }) => name === 'room')) {
    database.exec('ALTER TABLE schema_version RENAME COLUMN room TO component');
  }
  database.exec(
    'CREATE TABLE IF NOT EXISTS schema_version (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
  );
}

/**
 * Creates the database's file with mode 0600, which SQLite's other files inherit. Returns whether an older berthd
 * left any of them open to other users.
 */
function makePrivateFile(path: string): boolean {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  closeSync(openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600));
  return [path, `${path}-wal`, `${path}-shm`]
    .map((file) => ((lstatSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0)
    .includes(true);
}

/**
 * Replaces the database and its log by copies. Processes that had the files open keep the old inodes: users who
 * opened them while an older berthd left them readable, or a forgotten SQLite shell. Their locks do not affect the
 * copies. The copies equal the originals, so a crash in between does no harm.
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
 * Migrates the tables of one component: `steps[n]` is the SQL from version n to n + 1. Steps are only appended, never
 * changed. Refuses a database of a newer berthd, whose rows this version may not understand.
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
