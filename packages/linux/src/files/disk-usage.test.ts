import assert from 'node:assert/strict';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nestDirectories } from '../testing/deep-directories.ts';
import { diskUsage } from './disk-usage.ts';
import { removeTree } from './remove-tree.ts';

const dir = mkdtempSync('/tmp/linux-disk-usage-');
after(() => rmSync(dir, { recursive: true }));

test('blocks and inodes of everything below, a file of two names once, links not followed', async () => {
  mkdirSync(join(dir, 'a/b'), { recursive: true });
  writeFileSync(join(dir, 'a/file'), Buffer.alloc(100_000));
  linkSync(join(dir, 'a/file'), join(dir, 'a/b/same'));
  symlinkSync('/usr', join(dir, 'link'));
  for (let index = 0; index < 100; index++) writeFileSync(join(dir, 'a/b', `small-${index}`), 'x');
  const paths = [
    '.',
    'a',
    'a/b',
    'a/file',
    ...Array.from({ length: 100 }, (_, index) => `a/b/small-${index}`),
  ];
  const blocks = paths.reduce((sum, path) => sum + statSync(join(dir, path)).blocks, 0);
  const usage = await diskUsage(dir);
  assert.equal(usage?.inodes, paths.length + 1);
  assert.ok(usage && usage.bytes >= blocks * 512 && usage.bytes <= blocks * 512 + 4096);
  assert.equal(await diskUsage(join(dir, 'absent')), undefined);
});

test('a link in the place of a directory that was seen is not followed', async () => {
  const elsewhere = mkdtempSync('/tmp/linux-disk-usage-elsewhere-');
  const layer = mkdtempSync('/tmp/linux-disk-usage-layer-');
  try {
    for (let index = 0; index < 200; index++) writeFileSync(join(elsewhere, `${index}`), 'x');
    mkdirSync(join(layer, 'swapped'));
    const measured = diskUsage(layer);
    // Whenever the walk comes by, it finds either the directory or a link.
    for (let turn = 0; turn < 50; turn++) {
      rmSync(join(layer, 'swapped'), { recursive: true });
      symlinkSync(elsewhere, join(layer, 'swapped'));
      await new Promise(setImmediate);
      rmSync(join(layer, 'swapped'));
      mkdirSync(join(layer, 'swapped'));
    }
    rmSync(join(layer, 'swapped'), { recursive: true });
    symlinkSync(elsewhere, join(layer, 'swapped'));
    const inodes = (await measured)?.inodes ?? 0;
    assert.ok(inodes <= 2, `${inodes} inodes`);
  } finally {
    rmSync(layer, { recursive: true });
    rmSync(elsewhere, { recursive: true });
  }
});

test('a directory of more names than are read at once', async () => {
  const many = mkdtempSync('/tmp/linux-disk-usage-many-');
  try {
    // Together they make the directory itself larger than what is read in one go.
    const name = 'n'.repeat(240);
    for (let index = 0; index < 600; index++) writeFileSync(join(many, `${name}${index}`), '');
    assert.equal((await diskUsage(many))?.inodes, 601);
  } finally {
    rmSync(many, { recursive: true });
  }
});

test('what nobody can name with a path, or in UTF-8, counts too', async () => {
  const deep = mkdtempSync('/tmp/linux-disk-usage-deep-');
  try {
    nestDirectories(deep, 'd'.repeat(255), 100, (path) => {
      mkdirSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe])]));
    });
    const before = readdirSync('/proc/self/fd').length;
    assert.equal((await diskUsage(deep))?.inodes, 102);
    assert.equal(readdirSync('/proc/self/fd').length, before);
  } finally {
    await removeTree(deep);
  }
});

test('a wide and deep tree is walked whole, over many directories that had to be closed', async () => {
  const tree = mkdtempSync('/tmp/linux-disk-usage-tree-');
  try {
    nestDirectories(tree, 'd', 300, undefined, (path) => writeFileSync(`${path}/file`, ''));
    assert.equal((await diskUsage(tree))?.inodes, 601);
  } finally {
    await removeTree(tree);
  }
});
