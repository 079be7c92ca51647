import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { openFiles, openFilesLimit } from './open-files.ts';

test('open files and sockets of a process, and its limit', async () => {
  const before = openFiles(process.pid);
  const file = openSync('/dev/null', 'r');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const during = openFiles(process.pid);
  assert.deepEqual(
    [during.files - before.files, during.sockets - before.sockets],
    [2, 1],
    JSON.stringify({ before, during }),
  );
  server.close();
  closeSync(file);
  assert.ok((openFilesLimit(process.pid) ?? 0n) > 0n);
  assert.deepEqual(openFiles(2 ** 30), { files: 0, sockets: 0 });
  assert.equal(openFilesLimit(2 ** 30), undefined);
});
