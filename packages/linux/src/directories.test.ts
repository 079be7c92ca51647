import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkPlace, makeDirectories, makeDirectoriesSync } from './directories.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-directories-'));
after(() => rmSync(dir, { recursive: true }));

test('missing parents are made too, and what is there stays', async () => {
  const path = join(dir, 'a/b/c');
  await Promise.all([makeDirectories(path, 0o711), makeDirectories(path, 0o711)]);
  await makeDirectories(path, 0o700);
  assert.equal(statSync(path).mode & 0o777, 0o711);
  await makeDirectories('/proc/self', 0o755);
  makeDirectoriesSync(join(dir, 'sync/b/c'), 0o711);
  makeDirectoriesSync(join(dir, 'sync/b/c'), 0o700);
  assert.equal(statSync(join(dir, 'sync/b/c')).mode & 0o777, 0o711);
});

test('what cannot be a directory', async () => {
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('nowhere', join(dir, 'dangling'));
  symlinkSync('/proc', join(dir, 'proc'));
  const table: [string, RegExp][] = [
    [join(dir, 'file'), /file is not a directory/],
    [join(dir, 'file/below'), /ENOTDIR/],
    [join(dir, 'dangling'), /ENOENT|EEXIST/],
    ['/proc/berth', /\/proc\/berth is in \/proc, where only the kernel makes directories/],
    ['/proc/self/berth/deep', /is in \/proc/],
    ['/sys/fs/cgroup/berth', /is in \/sys/],
    [join(dir, 'proc/berth'), /is in \/proc/],
  ];
  for (const [path, message] of table) {
    await assert.rejects(makeDirectories(path, 0o755), message, path);
    assert.throws(() => makeDirectoriesSync(path, 0o755), message, path);
  }
});

test('places for files of ours', async () => {
  await checkPlace(join(dir, 'new'), 'root');
  for (const path of ['/proc', '/sys/kernel', '/proc/berth'])
    await assert.rejects(
      checkPlace(path, 'root'),
      /^Error: root: .* cannot be used; choose another directory$/,
    );
});
