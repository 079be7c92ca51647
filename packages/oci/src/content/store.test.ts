import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContentStore } from './store.ts';

test('a store makes its directories, and refuses a place where there can be none', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oci-store-'));
  try {
    await ContentStore.open(join(dir, 'new/store'));
    const { dir: again } = await ContentStore.open(join(dir, 'new/store'));
    for (const part of ['', 'ingest', 'blobs', 'blobs/sha512']) {
      assert.equal(statSync(join(again, part)).mode & 0o777, 0o700, part);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  await assert.rejects(ContentStore.open('/proc/berth/store'), /\/proc\/berth is in \/proc/);
});
