import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { RenewedFile } from './renewed-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-renewed-file-'));
after(() => rmSync(dir, { recursive: true }));

test('a file is read again when the last reading is old', async () => {
  const path = join(dir, 'token');
  let now = 0;
  const file = new RenewedFile(path, 1000, () => now);
  await assert.rejects(file.content(), { code: 'ENOENT' });
  writeFileSync(path, ' \n');
  await assert.rejects(file.content(), /is empty/);
  writeFileSync(path, 'a');
  assert.equal(await file.content(), 'a');
  writeFileSync(path, 'b');
  now = 999;
  assert.equal(await file.content(), 'a');
  now = 1000;
  assert.deepEqual(await Promise.all([file.content(), file.content()]), ['b', 'b']);
  writeFileSync(path, 'c');
  assert.equal(await file.content(), 'b');
  file.expire();
  assert.equal(await file.content(), 'c');
});

test('what cannot be read any more stays valid, and the log says so once', async () => {
  const path = join(dir, 'gone');
  writeFileSync(path, 'a');
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const file = new RenewedFile(path, 0, () => 0);
  assert.equal(await file.content(), 'a');
  rmSync(path);
  assert.equal(await file.content(), 'a');
  assert.equal(await file.content(), 'a');
  writeFileSync(path, 'b');
  assert.equal(await file.content(), 'b');
  restore();
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /Unable to read a renewed file/);
});
