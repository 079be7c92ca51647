import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkPlace, makeDirectories, makeDirectoriesSync, makePrivateDirectory } from './directories.ts';

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

for (const umask of [0o000, 0o022, 0o077]) {
  test(`a private directory is closed to other users under umask ${umask.toString(8)}`, () => {
    const place = join(dir, `private-${umask}`);
    const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
    const before = process.umask(umask);
    try {
      makePrivateDirectory(join(place, 'parent/private'));
      makePrivateDirectory(join(place, 'passable'), 0o711);
      for (const older of [0o711, 0o755, 0o777, 0o500, 0o1777, 0o2755]) {
        const path = join(place, `older-${older}`);
        mkdirSync(path);
        chmodSync(path, older);
        makePrivateDirectory(path);
        assert.equal(mode(path), '700');
      }
    } finally {
      process.umask(before);
    }
    assert.equal(mode(join(place, 'parent')), (0o755 & ~umask).toString(8));
    assert.equal(mode(join(place, 'parent/private')), '700');
    assert.equal(mode(join(place, 'passable')), '711');
  });
}

test('a directory that others share or own is not taken for a private one', () => {
  symlinkSync('/var/lib', join(dir, 'lib'));
  for (const path of ['/var/lib', '/tmp', '/', join(dir, 'lib')]) {
    assert.throws(() => makePrivateDirectory(path), /is shared with other programs|belongs to user/, path);
  }
  if (process.geteuid?.() !== 0) return;
  const foreign = join(dir, 'foreign');
  mkdirSync(foreign);
  chownSync(foreign, 65_534, 65_534);
  assert.throws(
    () => makePrivateDirectory(foreign),
    /foreign belongs to user 65534, who could replace what is in it/,
  );
});
