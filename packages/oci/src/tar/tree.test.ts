import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mknod } from '@berth/linux/files/mknod.ts';
import type { TarHeader } from './entry.ts';
import { decodeFileName } from './file-name.ts';
import { TarReader } from './reader.ts';
import { tarOfTree } from './tree.ts';
import { endOfTar } from './writer.ts';

test('a tree with names that are not UTF-8, a FIFO and a link becomes an archive of the same', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-tar-'));
  try {
    const odd = Buffer.from([0xff, 0x80]);
    const inDir = (name: Buffer) => Buffer.concat([Buffer.from(`${dir}/`), name]);
    mkdirSync(inDir(odd));
    writeFileSync(Buffer.concat([inDir(odd), Buffer.from('/'), odd]), 'content');
    symlinkSync(odd, join(dir, 'link'));
    mknod(join(dir, 'fifo'), { type: 'fifo', mode: 0o600 });
    const headers: TarHeader[] = [];
    const reader = new TarReader({
      entry: (header) => headers.push(header),
      content: () => {},
      hole: () => {},
      end: () => {},
    });
    for await (const chunk of tarOfTree(dir)) reader.push(chunk);
    reader.push(endOfTar());
    reader.finish();
    const name = decodeFileName(odd);
    assert.deepEqual(headers.map(({ path, type }) => [path, type]).sort(), [
      ['fifo', 'fifo'],
      ['link', 'symlink'],
      [`${name}/`, 'directory'],
      [`${name}/${name}`, 'file'],
    ]);
    assert.ok(headers.some((header) => header.type === 'symlink' && header.target === name));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
