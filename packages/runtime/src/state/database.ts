import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Opens berthd's database, making it when it is missing. Write-ahead log with `synchronous = NORMAL`: a
 * commit survives the death of berthd at any instruction, because the kernel has it; only a power cut can
 * lose the last ones, and a reboot ends every container and empties /run anyway, which reconciliation
 * has to cope with. So no request waits for a disk.
 */
export function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    database.exec(
      'CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
    );
  } catch (error) {
    throw new Error(`${path}: berthd's database cannot be opened`, { cause: error });
  }
  return database;
}

/**
 * Brings the tables of one room up to date: `steps[n]` is SQL that leads from version n to n + 1. Only ever
 * append to a list of steps. A database of a newer berthd is refused, because its rows may mean something
 * that this one does not know.
 */
export function migrate(database: DatabaseSync, room: string, steps: readonly string[]): void {
  const row = database.prepare('SELECT version FROM schema_version WHERE room = ?').get(room);
  const version = typeof row?.version === 'number' ? row.version : 0;
  if (version > steps.length) {
    throw new Error(
      `the database has version ${version} of the ${room} tables and this berthd knows ${steps.length}: ` +
        'start the newer berthd again, or remove all pods and delete the database',
    );
  }
  for (const [index, sql] of steps.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN; ${sql};
      INSERT INTO schema_version VALUES ('${room}', ${index + 1})
        ON CONFLICT (room) DO UPDATE SET version = excluded.version;
      COMMIT`);
  }
}
