import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bindMount, unmount } from '../mounts/mount.ts';
import { removeTree } from './remove-tree.ts';

let dir: string;
before(() => {
  // Where files can be immutable, which on a tmpfs they cannot.
  dir = mkdtempSync('/var/tmp/berth-remove-tree-');
});
after(() => removeTree(dir));

test('nothing is removed through a mount, of the same file system either', async () => {
  const kept = join(dir, 'kept');
  mkdirSync(kept);
  writeFileSync(join(kept, 'file'), '');
  for (const at of ['tree', 'tree/below']) {
    const mountPoint = join(dir, at);
    mkdirSync(mountPoint, { recursive: true });
    bindMount(kept, mountPoint);
    try {
      await assert.rejects(removeTree(join(dir, 'tree')), /EBUSY.*unmount it first/);
    } finally {
      unmount(mountPoint);
    }
    assert.deepEqual(readdirSync(kept), ['file']);
  }
  await removeTree(join(dir, 'tree'));
  assert.ok(!existsSync(join(dir, 'tree')));
});

test('what a container made immutable or append-only is removed', async () => {
  const tree = join(dir, 'tree');
  mkdirSync(join(tree, 'a/b'), { recursive: true });
  writeFileSync(join(tree, 'a/b/file'), '');
  writeFileSync(join(tree, 'a/log'), '');
  execFileSync('chattr', ['+i', join(tree, 'a/b/file'), join(tree, 'a/b')]);
  execFileSync('chattr', ['+a', join(tree, 'a/log'), join(tree, 'a')]);
  await removeTree(tree);
  assert.ok(!existsSync(tree));
});

test('a directory that is exchanged for a link meanwhile leads nowhere', async () => {
  const kept = join(dir, 'kept-too');
  mkdirSync(kept);
  for (let index = 0; index < 50; index++) writeFileSync(join(kept, `file${index}`), '');
  for (let round = 0; round < 20; round++) {
    const tree = join(dir, 'swapped');
    for (let index = 0; index < 50; index++) {
      mkdirSync(join(tree, `d${index}/below`), { recursive: true });
      writeFileSync(join(tree, `d${index}/below/file0`), '');
    }
    const removal = removeTree(tree);
    for (let index = 49; index >= 0; index--) {
      try {
        renameSync(join(tree, `d${index}`), join(dir, `moved${round}-${index}`));
        symlinkSync(kept, join(tree, `d${index}`));
      } catch {
        // It was removed sooner.
      }
      if (index % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await removal;
    assert.ok(!existsSync(tree));
    assert.equal(readdirSync(kept).length, 50);
  }
});
