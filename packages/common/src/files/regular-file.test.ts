import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readEndOfRegularFile, readRegularFile, readRegularFileSync } from './regular-file.ts';

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'berth-regular-file-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const maxBytes = 1000;

/** Reads in both ways, which have to agree. */
async function read(path: string, followLink = true): Promise<string> {
  const options = { maxBytes, followLink };
  const outcome = (act: () => Promise<Buffer>) =>
    act().then(
      (content) => content.toString(),
      (error: Error) => `error: ${error.message}`,
    );
  const now = await outcome(() => readRegularFile(path, options));
  assert.equal(await outcome(async () => readRegularFileSync(path, options)), now);
  return now;
}

test('a regular file is read whole, through a link where that may be', async () => {
  const path = join(dir, 'file');
  writeFileSync(path, 'text');
  symlinkSync(path, join(dir, 'link'));
  writeFileSync(join(dir, 'empty'), '');
  writeFileSync(join(dir, 'full'), 'x'.repeat(maxBytes));
  assert.equal(await read(path), 'text');
  assert.equal(await read(join(dir, 'link')), 'text');
  assert.equal(await read(join(dir, 'empty')), '');
  assert.equal(await read(join(dir, 'full')), 'x'.repeat(maxBytes));
  assert.equal(
    await read(join(dir, 'link'), false),
    `error: ${join(dir, 'link')} is a symbolic link, not a regular file`,
  );
});

test('a file of the kernel, which tells no size, is read whole', async () => {
  assert.match(await read('/proc/sys/kernel/random/boot_id'), /^[0-9a-f-]{36}\n$/);
});

test('a fifo, a socket, a device and a directory are refused without being opened', async () => {
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  mkdirSync(join(dir, 'directory'));
  const server = createServer().listen(join(dir, 'socket'));
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    assert.match(await read(join(dir, 'fifo')), /fifo is a FIFO, not a regular file$/);
    assert.match(await read(join(dir, 'socket')), /socket is a socket, not a regular file$/);
    assert.match(await read(join(dir, 'directory')), /directory is a directory, not a regular file$/);
    assert.match(await read('/dev/zero'), /zero is a device, not a regular file$/);
    await assert.rejects(readEndOfRegularFile(join(dir, 'fifo'), { maxBytes }), /is a FIFO/);
  } finally {
    server.close();
  }
});

test('a file that is too large is refused, and the limit told', async () => {
  const path = join(dir, 'large');
  writeFileSync(path, 'x'.repeat(maxBytes + 1));
  assert.equal(await read(path), `error: ${path} has more than 1000 bytes, the limit`);
  truncateSync(path, 2 ** 40);
  assert.equal(await read(path), `error: ${path} has more than 1000 bytes, the limit`);
  assert.match(await read('/proc/kallsyms'), /has more than 1000 bytes/);
});

test('of a file of any size the end can be read', async () => {
  const path = join(dir, 'log');
  writeFileSync(path, 'the end');
  assert.equal((await readEndOfRegularFile(path, { maxBytes })).toString(), 'the end');
  assert.equal((await readEndOfRegularFile(path, { maxBytes: 3 })).toString(), 'end');
  truncateSync(path, 2 ** 40);
  assert.equal((await readEndOfRegularFile(path, { maxBytes })).length, maxBytes);
});
