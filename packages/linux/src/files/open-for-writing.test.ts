import assert from 'node:assert/strict';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isOpenForWriting } from './open-for-writing.ts';

test('a file is open for writing until its last writer closes it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'open-for-writing-'));
  try {
    const file = join(dir, 'file');
    const writer = openSync(file, 'w');
    const appender = openSync(file, 'a');
    const reader = openSync(file, 'r');
    assert.equal(isOpenForWriting(file), true);
    closeSync(writer);
    assert.equal(isOpenForWriting(file), true);
    closeSync(appender);
    assert.equal(isOpenForWriting(file), false);
    // The lease is given back: nobody who writes has to wait for it.
    writeFileSync(file, 'more');
    assert.equal(isOpenForWriting(file), false);
    closeSync(reader);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('what is no file is unknown', () => {
  const dir = mkdtempSync(join(tmpdir(), 'open-for-writing-'));
  try {
    mkdirSync(join(dir, 'folder'));
    assert.equal(isOpenForWriting(join(dir, 'folder')), undefined);
    assert.equal(isOpenForWriting(join(dir, 'absent')), undefined);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
