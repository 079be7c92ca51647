import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mount, unmount } from '../mounts/mount.ts';
import { syncFilesystem } from './sync-filesystem.ts';

test('a file system is flushed without holding up the event loop', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'syncfs-'));
  const target = join(dir, 'mounted');
  mkdirSync(target);
  mount({ source: 'tmpfs', target, fstype: 'tmpfs', data: 'size=1m' });
  try {
    writeFileSync(join(target, 'file'), 'x');
    const flushed = syncFilesystem(target);
    assert.ok(flushed instanceof Promise);
    await Promise.all([flushed, syncFilesystem(target)]);
    await assert.rejects(syncFilesystem(join(target, 'none')), { code: 'ENOENT' });
  } finally {
    unmount(target);
    rmSync(dir, { recursive: true });
  }
});
