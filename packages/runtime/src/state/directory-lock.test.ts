import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockDirectory } from './directory-lock.ts';

test('an older berthd that still runs, whose lock was one of SQLite, is not joined by another', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'runtime-lock-'));
  const script = `
    const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(${JSON.stringify(join(dir, 'lock'))});
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    console.log('locked');
    setTimeout(() => database.close(), 60_000);`;
  const older = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(older.stdout, 'data');
    await assert.rejects(lockDirectory(dir), /is in use by another berthd; stop it/);
    older.kill('SIGKILL');
    await once(older, 'exit');
    using _lock = await lockDirectory(dir);
    assert.equal(existsSync(join(dir, 'lock')), false);
  } finally {
    older.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  }
});
