import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { migrate, openDatabase } from './database.ts';

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'runtime-database-'));
  path = join(root, 'berth.db');
});
afterEach(() => rmSync(root, { recursive: true }));

/** Files that others may open. */
function openFiles(): string[] {
  return readdirSync(root).filter((name) => (statSync(join(root, name)).mode & 0o077) !== 0);
}

function rows(database: DatabaseSync): unknown[] {
  return database
    .prepare('SELECT value FROM kept ORDER BY value')
    .all()
    .map(({ value }) => value);
}

/** A database as an older berthd left it, whose log holds what the database does not. */
function olderDatabase(mode: number): DatabaseSync {
  const older = new DatabaseSync(path);
  older.exec('PRAGMA journal_mode = WAL; CREATE TABLE kept (value); INSERT INTO kept VALUES (1)');
  for (const name of readdirSync(root)) chmodSync(join(root, name), mode);
  return older;
}

for (const umask of [0o000, 0o077]) {
  test(`the database and its log are berthd's alone under umask ${umask.toString(8)}`, () => {
    const before = process.umask(umask);
    try {
      using database = openDatabase(path);
      database.exec('CREATE TABLE kept (value); INSERT INTO kept VALUES (1)');
      assert.deepEqual(readdirSync(root).sort(), ['berth.db', 'berth.db-wal']);
      assert.deepEqual(openFiles(), []);
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(root).mode & 0o777, 0o700);
  });
}

test("a reader that opened an older berthd's database cannot make a write fail", () => {
  using reader = olderDatabase(0o644);
  reader.exec('BEGIN');
  assert.deepEqual(rows(reader), [1]);
  using database = openDatabase(path);
  assert.deepEqual(openFiles(), []);
  assert.equal(existsSync(`${path}-shm`), false);
  for (let value = 2; value < 100; value++) {
    database.prepare('INSERT INTO kept VALUES (?)').run(value);
  }
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  assert.deepEqual(rows(reader), [1], 'who had it open sees what was there');
  reader.exec('COMMIT');
});

test('a forgotten shell with the lock on the database does not stop berthd, nor take its log away', () => {
  const shell = olderDatabase(0o600);
  shell.exec('BEGIN IMMEDIATE; INSERT INTO kept VALUES (99)');
  const database = openDatabase(path);
  database.exec('INSERT INTO kept VALUES (2)');
  shell.exec('COMMIT');
  shell.close();
  assert.ok(existsSync(`${path}-wal`));
  assert.deepEqual(rows(database), [1, 2]);
  database.close();
  using again = openDatabase(path);
  assert.deepEqual(rows(again), [1, 2]);
});

test('while berthd has the database nobody else gets a lock on it', () => {
  using database = openDatabase(path);
  database.exec('CREATE TABLE kept (value)');
  using other = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  assert.throws(() => rows(other), /database is locked/);
  database.exec('INSERT INTO kept VALUES (1)');
});

test('a database whose table of versions names components as berthd 0.1.0 did is taken over with its rows', () => {
  const older = new DatabaseSync(path);
  older.exec(`CREATE TABLE schema_version (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;
    INSERT INTO schema_version VALUES ('image', 3), ('runtime', 1);
    CREATE TABLE kept (value);
    INSERT INTO kept VALUES (1)`);
  older.close();
  const steps = ['CREATE TABLE kept (value)', 'INSERT INTO kept VALUES (2)'];
  // Opened twice: the column is renamed once, and the steps are done once.
  for (let opened = 0; opened < 2; opened++) {
    using database = openDatabase(path);
    migrate(database, 'runtime', steps);
    assert.deepEqual(rows(database), [1, 2]);
    assert.throws(() => migrate(database, 'image', steps), /has version 3 of the image tables/);
    const versions = database.prepare('SELECT * FROM schema_version ORDER BY component').all();
    assert.deepEqual(
      versions.map((row) => ({ ...row })),
      [
        { component: 'image', version: 3 },
        { component: 'runtime', version: 2 },
      ],
    );
  }
});
