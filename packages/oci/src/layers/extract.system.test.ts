import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { getXattr, listXattrs } from '@berth/linux/files/xattr.ts';
import { decodeFileName } from '../tar/file-name.ts';
import { TestLayers } from '../testing/layers.ts';

const layers = new TestLayers();
after(() => layers[Symbol.dispose]());
const { unpack } = layers;
/** `cap_net_raw=ep` as the kernel stores it (revision 2, effective). */
const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex');

test('entries of every type arrive with their attributes', async () => {
  const target = await unpack([
    { type: 'directory', path: './', mode: 0o711, mtime: 1000 },
    { type: 'directory', path: 'etc/', mode: 0o1777, uid: 5, gid: 6, mtime: 2000 },
    { type: 'file', path: 'etc/su', content: 'suid', mode: 0o6755, uid: 7, gid: 8, mtime: 3000.5 },
    { type: 'file', path: 'etc/group-writable', content: '', mode: 0o666 },
    { type: 'symlink', path: 'etc/link', target: '/etc/su', uid: 9, gid: 10, mtime: 4000 },
    { type: 'hardlink', path: 'hard', target: './etc/su' },
    { type: 'character-device', path: 'null', mode: 0o666, uid: 1, major: 1, minor: 3 },
    { type: 'block-device', path: 'disk', mode: 0o640, gid: 6, major: 259, minor: 300 },
    { type: 'fifo', path: 'pipe', mode: 0o622, mtime: 5000 },
    {
      type: 'file',
      path: 'cap',
      content: 'x',
      xattrs: new Map([
        ['user.a', Buffer.from([1, 0, 2])],
        ['security.capability', netRaw],
        ['trusted.overlay.redirect', Buffer.from('/')],
        ['user.overlay.opaque', Buffer.from('y')],
      ]),
    },
    { type: 'file', path: `${'long/'.repeat(60)}ünïcode`, content: 'deep' },
  ]);
  const stat = (path: string) => {
    const { mode, uid, gid, mtimeMs } = lstatSync(join(target, path));
    return { mode: mode & 0o7777, uid, gid, mtime: mtimeMs / 1000 };
  };
  assert.deepEqual(stat('.'), { mode: 0o711, uid: 0, gid: 0, mtime: 1000 });
  assert.deepEqual(stat('etc'), { mode: 0o1777, uid: 5, gid: 6, mtime: 2000 });
  assert.deepEqual(stat('etc/su'), { mode: 0o6755, uid: 7, gid: 8, mtime: 3000.5 });
  assert.equal(stat('etc/group-writable').mode, 0o666);
  assert.deepEqual({ ...stat('etc/link'), mode: 0 }, { mode: 0, uid: 9, gid: 10, mtime: 4000 });
  assert.equal(readlinkSync(join(target, 'etc/link')), '/etc/su');
  assert.equal(lstatSync(join(target, 'hard')).ino, lstatSync(join(target, 'etc/su')).ino);
  assert.equal(lstatSync(join(target, 'null')).rdev, 0x103);
  assert(lstatSync(join(target, 'disk')).isBlockDevice());
  assert.equal(stat('disk').gid, 6);
  assert(lstatSync(join(target, 'pipe')).isFIFO());
  assert.equal(stat('pipe').mode, 0o622);
  assert.deepEqual(getXattr(join(target, 'cap'), 'user.a'), Buffer.from([1, 0, 2]));
  assert.deepEqual(getXattr(join(target, 'cap'), 'security.capability'), netRaw);
  assert.equal(getXattr(join(target, 'cap'), 'trusted.overlay.redirect'), undefined);
  assert.equal(getXattr(join(target, 'cap'), 'user.overlay.opaque'), undefined);
  assert.equal(readFileSync(join(target, `${'long/'.repeat(60)}ünïcode`), 'utf8'), 'deep');
});

test('whiteouts become what overlayfs understands', async () => {
  const target = await unpack([
    { type: 'file', path: 'etc/.wh.removed', content: '' },
    { type: 'file', path: 'var/.wh..wh..opq', content: '' },
    { type: 'file', path: 'var/kept', content: '' },
    { type: 'file', path: '.wh..wh.plnk', content: 'aufs' },
    { type: 'file', path: '.wh.again', content: '' },
    { type: 'file', path: 'again', content: 'back' },
    { type: 'file', path: '.wh.dir', content: '' },
    { type: 'file', path: 'dir/new', content: '' },
    { type: 'file', path: 'first/x', content: '' },
    { type: 'file', path: '.wh.first', content: '' },
    { type: 'file', path: 'plain', content: 'plain' },
    { type: 'file', path: '.wh.plain', content: '' },
  ]);
  const removed = lstatSync(join(target, 'etc/removed'));
  assert(removed.isCharacterDevice() && removed.rdev === 0);
  for (const name of ['var', 'dir', 'first']) {
    assert.equal(String(getXattr(join(target, name), 'trusted.overlay.opaque')), 'y', name);
  }
  assert.equal(readFileSync(join(target, 'again'), 'utf8'), 'back');
  assert.equal(readFileSync(join(target, 'plain'), 'utf8'), 'plain');
  assert.deepEqual(readdirSync(target).sort(), ['again', 'dir', 'etc', 'first', 'plain', 'var']);
  assert.deepEqual(readdirSync(join(target, 'var')), ['kept']);
});

test('a later entry replaces an earlier one', async () => {
  const target = await unpack([
    { type: 'file', path: 'a', content: 'one' },
    { type: 'file', path: 'a', content: 'two' },
    { type: 'file', path: 'b/c/d', content: '' },
    { type: 'file', path: 'b', content: 'file' },
    { type: 'symlink', path: 'l', target: 'a' },
    { type: 'file', path: 'l', content: 'not through the link' },
    { type: 'file', path: 'x', content: '' },
    { type: 'directory', path: 'x' },
    { type: 'directory', path: 'k', mode: 0o700 },
    { type: 'file', path: 'k/f', content: 'kept' },
    { type: 'directory', path: 'k', mode: 0o750 },
  ]);
  assert.equal(readFileSync(join(target, 'a'), 'utf8'), 'two');
  assert.equal(readFileSync(join(target, 'b'), 'utf8'), 'file');
  assert.equal(readFileSync(join(target, 'l'), 'utf8'), 'not through the link');
  assert(lstatSync(join(target, 'x')).isDirectory());
  assert.equal(lstatSync(join(target, 'k')).mode & 0o777, 0o750);
  assert.equal(readFileSync(join(target, 'k/f'), 'utf8'), 'kept');
});

test('links inside a layer are followed', async () => {
  const target = await unpack([
    { type: 'directory', path: 'usr/lib' },
    { type: 'symlink', path: 'lib', target: './usr/../usr/lib' },
    { type: 'file', path: 'lib/a', content: 'a' },
    { type: 'directory', path: 'var' },
    { type: 'symlink', path: 'var/lib', target: '../lib' },
    { type: 'file', path: 'var/lib/sub/b', content: 'b' },
    { type: 'hardlink', path: 'c', target: 'var/lib/a' },
  ]);
  assert.equal(readFileSync(join(target, 'usr/lib/a'), 'utf8'), 'a');
  assert.equal(readFileSync(join(target, 'usr/lib/sub/b'), 'utf8'), 'b');
  assert.equal(readFileSync(join(target, 'c'), 'utf8'), 'a');
});

test('attributes that a file cannot have are passed over', async () => {
  const xattrs = new Map([
    ['user.a', Buffer.from('a')],
    ['trusted.other', Buffer.from('t')],
    ['nosuch.namespace', Buffer.from('n')],
  ]);
  const target = await unpack([
    { type: 'symlink', path: 'link', target: 'file', xattrs },
    { type: 'fifo', path: 'fifo', xattrs },
    { type: 'character-device', path: 'null', major: 1, minor: 3, xattrs },
    { type: 'directory', path: 'dir', mode: 0o1777, xattrs },
    { type: 'file', path: 'file', content: 'x', xattrs },
  ]);
  for (const name of ['link', 'fifo', 'null']) assert.deepEqual(listXattrs(join(target, name)), [], name);
  for (const name of ['dir', 'file']) assert.deepEqual(listXattrs(join(target, name)), ['user.a'], name);
  await assert.rejects(
    unpack([
      {
        type: 'file',
        path: 'f',
        content: '',
        xattrs: new Map([['security.capability', Buffer.from('bad')]]),
      },
    ]),
    /"f": .*EINVAL|invalid argument/,
  );
});

test('a sparse file is as large as it says and takes what it has', async () => {
  const sparse = (size: number) => {
    const name = join(layers.dir, `sparse-${size}`);
    writeFileSync(name, 'start');
    truncateSync(name, size);
    return execFileSync('tar', [
      ...['--create', '--sparse', '--format=posix', '--owner=5', '--transform=s/.*/f/'],
      ...['--directory', layers.dir, `sparse-${size}`],
    ]);
  };
  const target = await unpack(sparse(50_000_000));
  const { size, blocks, uid } = lstatSync(join(target, 'f'));
  assert.deepEqual({ size, uid, isSmall: blocks < 100 }, { size: 50_000_000, uid: 5, isSmall: true });
  assert.equal(readFileSync(join(target, 'f')).indexOf('start\0'), 0);
  await assert.rejects(unpack(sparse(200_000_000)), /more than 100000000 bytes, the limit maxBytes/);
});

test('what tools do to the root, to times and to owners is taken as elsewhere', async () => {
  const target = await unpack([
    { type: 'file', path: './', content: 'not a file' },
    { type: 'symlink', path: '/', target: 'x' },
    { type: 'file', path: 'a/../b', content: 'b' },
    { type: 'file', path: 'old', content: '', mtime: -5 },
    { type: 'file', path: 'future', content: '', mtime: 1e12 },
    { type: 'file', path: 'nobody', content: '', uid: 2 ** 32 - 2, gid: 2 ** 32 - 1 },
  ]);
  assert.deepEqual(readdirSync(target).sort(), ['b', 'future', 'nobody', 'old']);
  assert.deepEqual(
    ['old', 'future'].map((name) => lstatSync(join(target, name)).mtimeMs),
    [0, 0],
  );
  const { uid, gid } = lstatSync(join(target, 'nobody'));
  assert.deepEqual({ uid, gid }, { uid: 2 ** 32 - 2, gid: 0 });
});

test('names that are not UTF-8 keep their bytes', async () => {
  const odd = decodeFileName(Buffer.from([0x6f, 0xff, 0xfe]));
  const target = await unpack([
    { type: 'file', path: `${odd}/file-${odd}`, content: 'odd' },
    { type: 'symlink', path: `${odd}/link`, target: `file-${odd}` },
    { type: 'hardlink', path: `${odd}/hard`, target: `${odd}/file-${odd}` },
    {
      type: 'file',
      path: `${odd}/file-${odd}`,
      content: 'again',
      xattrs: new Map([['user.a', Buffer.from('a')]]),
    },
    { type: 'file', path: `${odd}/.wh.gone-${odd}`, content: '' },
    { type: 'file', path: `${odd}/.wh..wh..opq`, content: '' },
    { type: 'fifo', path: `${odd}/fifo-${odd}` },
  ]);
  const names = readdirSync(target, { encoding: 'buffer' }).map((name) => [...name]);
  assert.deepEqual(names, [[0x6f, 0xff, 0xfe]]);
  const link = Buffer.concat([Buffer.from(`${target}/o`), Buffer.from([0xff, 0xfe]), Buffer.from('/link')]);
  assert.equal(readFileSync(link, 'utf8'), 'again');
  const inside = (prefix: string) =>
    Buffer.concat([
      Buffer.from(`${target}/o`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`/${prefix}o`),
      Buffer.from([0xff, 0xfe]),
    ]);
  assert.deepEqual(getXattr(inside('file-'), 'user.a'), Buffer.from('a'));
  assert.equal(lstatSync(inside('gone-')).rdev, 0);
  assert(lstatSync(inside('fifo-')).isFIFO());
});

test('an absolute name is one below the root', async () => {
  const target = await unpack([{ type: 'file', path: '/layers/app', content: 'app' }]);
  assert.equal(readFileSync(join(target, 'layers/app'), 'utf8'), 'app');
});

test('what an archive only implies is taken from the layers below', async () => {
  const lower = await unpack([
    { type: 'directory', path: 'srv', mode: 0o2775, uid: 33, gid: 34, mtime: 77 },
    { type: 'file', path: 'srv/data', content: 'data', mode: 0o640, uid: 33 },
    { type: 'directory', path: 'gone', mode: 0o700 },
  ]);
  const middle = await unpack([{ type: 'file', path: '.wh.gone', content: '' }], { parents: [lower] });
  const top = await unpack(
    [
      { type: 'file', path: 'srv/more', content: '' },
      { type: 'file', path: 'gone/x', content: '' },
      { type: 'hardlink', path: 'copy', target: 'srv/data' },
      { type: 'hardlink', path: 'copy2', target: 'srv/data' },
    ],
    { parents: Promise.resolve([middle, lower]) },
  );
  const opaque = await unpack([{ type: 'file', path: 'srv/.wh..wh..opq', content: '' }], {
    parents: [lower],
  });
  const cut = unpack([{ type: 'hardlink', path: 'copy', target: 'srv/data' }], { parents: [opaque, lower] });
  await assert.rejects(cut, /"copy" is a hard link to "srv\/data", which does not exist/);
  const { mode, uid, gid, mtimeMs } = lstatSync(join(top, 'srv'));
  assert.deepEqual([mode & 0o7777, uid, gid, mtimeMs], [0o2775, 33, 34, 77_000]);
  assert.equal(lstatSync(join(top, 'gone')).mode & 0o777, 0o755);
  assert.equal(readFileSync(join(top, 'copy'), 'utf8'), 'data');
  assert.equal(lstatSync(join(top, 'copy')).uid, 33);
  assert.equal(lstatSync(join(top, 'copy')).ino, lstatSync(join(top, 'copy2')).ino);
});
