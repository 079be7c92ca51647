import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { unmount } from '@berth/linux/mounts/mount.ts';
import { overlayMount } from '@berth/linux/mounts/overlay.ts';
import { deletedPaths } from './rootfs-diff.ts';

test('deleted files of an overlay, and those of a directory that was made anew', () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-diff-'));
  const at = (path: string) => join(dir, path);
  for (const path of ['low1/etc/old', 'low2/etc', 'upper', 'work', 'root']) {
    mkdirSync(at(path), { recursive: true });
  }
  for (const path of ['low1/etc/a', 'low1/etc/b', 'low2/etc/c', 'low1/gone']) writeFileSync(at(path), '');
  overlayMount({
    lowerDirs: [at('low2'), at('low1')],
    upperDir: at('upper'),
    workDir: at('work'),
    target: at('root'),
  });
  try {
    rmSync(at('root/gone'));
    rmSync(at('root/etc'), { recursive: true });
    mkdirSync(at('root/etc'));
    writeFileSync(at('root/etc/b'), 'new');
    assert.deepEqual(deletedPaths(at('upper'), [at('low2'), at('low1')]), [
      'etc/a',
      'etc/c',
      'etc/old',
      'gone',
    ]);
  } finally {
    unmount(at('root'), { detach: true });
    rmSync(dir, { recursive: true, force: true });
  }
});
