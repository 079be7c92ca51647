import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContentStore } from './content-store.ts';

test('a store makes its directories, and refuses a place where there can be none', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oci-store-'));
  try {
    await ContentStore.open(join(dir, 'new/store'));
    const { dir: again } = await ContentStore.open(join(dir, 'new/store'));
    assert.equal(statSync(join(again, 'ingest')).mode & 0o777, 0o700);
    assert.equal(statSync(join(again, 'blobs/sha512')).mode & 0o777, 0o755);
  } finally {
    rmSync(dir, { recursive: true });
  }
  await assert.rejects(ContentStore.open('/proc/berth/store'), /\/proc\/berth\/store\/ingest is in \/proc/);
});
