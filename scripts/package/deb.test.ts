import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlFile, encodeDeb } from './deb.ts';
import { FileTree } from './file-tree.ts';

test('dpkg-deb reads what we write, and twice the same input is twice the same bytes', async () => {
  const tree = new FileTree();
  tree.add('usr/bin/x', '#!/bin/sh\n', 0o755);
  tree.add('etc/x.yaml', 'a: 1\n');
  tree.link('usr/bin/y', 'x');
  tree.directory('var/cache/x');
  const control = {
    Package: 'x',
    Version: '1',
    Architecture: 'all',
    Maintainer: 'a <a@b>',
    Description: 'x',
  };
  const scripts = { conffiles: '/etc/x.yaml\n', postinst: '#!/bin/sh\n' };
  const make = () => encodeDeb({ control, scripts, tree, mtime: 1_700_000_000, level: 3 });
  const deb = await make();
  assert.ok(deb.equals(await make()));

  const dir = mkdtempSync(join(tmpdir(), 'berth-deb-'));
  try {
    const file = join(dir, 'x.deb');
    writeFileSync(file, deb);
    const dpkg = (...args: string[]) => execFileSync('dpkg-deb', args, { encoding: 'utf8' });
    assert.equal(dpkg('--field', file, 'Package', 'Installed-Size'), 'Package: x\nInstalled-Size: 1\n');
    assert.match(dpkg('--contents', file), /^drwxr-xr-x 0\/0 .* \.\/var\/cache\/x\/$/m);
    dpkg('--raw-extract', file, join(dir, 'x'));
    assert.equal(readlinkSync(join(dir, 'x/usr/bin/y')), 'x');
    assert.equal(statSync(join(dir, 'x/usr/bin/x')).mode & 0o7777, 0o755);
    assert.equal(statSync(join(dir, 'x/usr/bin/x')).mtimeMs, 1_700_000_000_000);
    assert.match(readFileSync(join(dir, 'x/DEBIAN/md5sums'), 'utf8'), /^[0-9a-f]{32} {2}etc\/x\.yaml\n/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('the lines of a description are indented, and an empty one is a dot', () => {
  assert.equal(
    controlFile({ A: 'b', Description: 'one\ntwo\n\nthree' }),
    'A: b\nDescription: one\n two\n .\n three\n',
  );
});
