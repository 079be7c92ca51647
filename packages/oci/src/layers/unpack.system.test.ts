import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { getXattr } from '@berth/linux/xattr.ts';
import { type Digest, digestOf } from '../digest.ts';
import type { TarEntry } from '../tar/entry.ts';
import { decodeFileName } from '../tar/file-name.ts';
import { encodeTar } from '../tar/writer.ts';
import type { LayerLimits } from './extract.ts';
import { unpackLayer } from './unpack.ts';

const dir = mkdtempSync(join(tmpdir(), 'oci-unpack-'));
after(() => rmSync(dir, { recursive: true }));

const oci = 'application/vnd.oci.image.layer.v1.tar';
/** `cap_net_raw=ep` as the kernel stores it (revision 2, effective). */
const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex');
let count = 0;

interface Options {
  parents?: string[] | Promise<string[]>;
  limits?: Partial<LayerLimits>;
  compress?: (tar: Buffer) => Buffer;
  mediaType?: string;
  diffId?: Digest;
  signal?: AbortSignal;
}

/** Unpacks entries as a layer and returns where it is. */
async function unpack(entries: TarEntry[] | Buffer, options: Options = {}): Promise<string> {
  const { compress = (tar) => tar, mediaType = oci, parents = [], signal } = options;
  const tar = Buffer.isBuffer(entries) ? entries : Buffer.concat([...encodeTar(entries)]);
  const blob = join(dir, `blob-${count}`);
  const target = join(dir, `layer-${count++}`);
  writeFileSync(blob, compress(tar));
  await unpackLayer({
    blob,
    mediaType,
    diffId: options.diffId ?? digestOf(tar),
    target,
    parents,
    limits: { maxBytes: 100_000_000, maxFiles: 1000, ...options.limits },
    ...(signal && { signal }),
  });
  return target;
}

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

test('compressions are undone and the diff id is verified', async () => {
  const entries: TarEntry[] = [{ type: 'file', path: 'a', content: 'a'.repeat(100_000) }];
  const gzip = await unpack(entries, { compress: gzipSync, mediaType: `${oci}+gzip` });
  const zstd = await unpack(entries, { compress: zstdCompressSync, mediaType: `${oci}+zstd` });
  assert.equal(readFileSync(join(gzip, 'a'), 'utf8'), readFileSync(join(zstd, 'a'), 'utf8'));
  const wrong = digestOf('something else');
  await assert.rejects(
    unpack(entries, { diffId: wrong }),
    /layer sha256:.*: digest mismatch of the unpacked layer \(diff id\): expected/,
  );
  await assert.rejects(unpack(entries, { mediaType: `${oci}+gzip` }), /incorrect header check/);
  const cut = (tar: Buffer) => gzipSync(tar).subarray(0, 60);
  await assert.rejects(
    unpack(entries, { compress: cut, mediaType: `${oci}+gzip` }),
    /unexpected end of file/,
  );
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

test('nothing gets out of the layer, and nothing is left of a layer that tries', async () => {
  const outside = join(dir, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  const file = (path: string): TarEntry => ({ type: 'file', path, content: 'evil' });
  const cases: [what: string, entries: TarEntry[], message: RegExp][] = [
    ['dot dot', [file('../evil')], /"\.\.\/evil" leaves the layer/],
    ['dot dot inside', [file('a/../../evil')], /leaves the layer/],
    ['absolute dot dot', [file('/../evil')], /leaves the layer/],
    [
      'absolute link',
      [{ type: 'symlink', path: 'l', target: outside }, file('l/evil')],
      /"l" is a symbolic link to .*outside, which leaves/,
    ],
    [
      'relative link',
      [{ type: 'symlink', path: 'l', target: '../outside' }, file('l/evil')],
      /"l" is a symbolic link to \.\.\/outside/,
    ],
    ['link to the root', [{ type: 'symlink', path: 'l', target: '/' }, file('l/evil')], /which leaves/],
    [
      'link by link',
      [
        { type: 'symlink', path: 'a', target: 'b' },
        { type: 'symlink', path: 'b', target: '..' },
        file('a/outside/evil'),
      ],
      /"b" is a symbolic link to \.\., which leaves/,
    ],
    [
      'loop',
      [{ type: 'symlink', path: 'a', target: 'b' }, { type: 'symlink', path: 'b', target: 'a' }, file('a/x')],
      /too many symbolic links/,
    ],
    [
      'directory by link',
      [
        { type: 'symlink', path: 'l', target: outside },
        { type: 'directory', path: 'l/evil' },
      ],
      /which leaves/,
    ],
    ['hard link out', [{ type: 'hardlink', path: 'h', target: '../outside/secret' }], /leaves the layer/],
    [
      'hard link by link',
      [
        { type: 'symlink', path: 'l', target: outside },
        { type: 'hardlink', path: 'h', target: 'l/secret' },
      ],
      /which leaves/,
    ],
    [
      'absolute hard link',
      [{ type: 'hardlink', path: 'h', target: join(outside, 'secret') }],
      /"h" is a hard link to .*which does not exist/,
    ],
    ['whiteout of ..', [file('a/.wh...')], /is not the whiteout of a file/],
    [
      'whiteout by link',
      [{ type: 'symlink', path: 'l', target: outside }, file('l/.wh.secret')],
      /which leaves/,
    ],
    [
      'opaque by link',
      [{ type: 'symlink', path: 'l', target: outside }, file('l/.wh..wh..opq')],
      /which leaves/,
    ],
    ['under a file', [file('f'), file('f/x')], /"f" is not a directory/],
    ['no name', [{ type: 'file', path: './', content: '' }], /is not a name for a file/],
    ['too long', [file('n'.repeat(300))], /ENAMETOOLONG/],
    [
      'attributes of a file outside',
      [
        {
          type: 'symlink',
          path: 'l',
          target: join(outside, 'secret'),
          xattrs: new Map([['user.a', netRaw]]),
        },
      ],
      /EPERM|operation not permitted/,
    ],
    ['root as hard link', [{ type: 'hardlink', path: 'h', target: '/' }], /which is a directory/],
  ];
  for (const [what, entries, message] of cases) {
    await assert.rejects(unpack(entries), { name: 'LayerError', message }, what);
    assert.equal(existsSync(join(dir, `layer-${count - 1}`)), false, what);
    assert.equal(existsSync(join(dir, `layer-${count - 1}.partial`)), false, what);
  }
  assert.deepEqual(readdirSync(outside), ['secret']);
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
  assert.equal(existsSync(join(dir, 'evil')), false);
});

test('a link to the layers below does not follow what its directory becomes later', async () => {
  const outside = join(dir, 'outside-link');
  mkdirSync(outside);
  const lower = await unpack([
    { type: 'file', path: 'payload', content: 'evil' },
    { type: 'symlink', path: 'through', target: outside },
  ]);
  const link: TarEntry = { type: 'hardlink', path: 'd/evil', target: 'payload' };
  const target = await unpack([link, { type: 'symlink', path: 'd', target: outside }], { parents: [lower] });
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(readlinkSync(join(target, 'd')), outside);
  const again = await unpack(
    [link, { type: 'file', path: 'd', content: '' }, { type: 'directory', path: 'd' }],
    {
      parents: [lower],
    },
  );
  assert.deepEqual(readdirSync(join(again, 'd')), [], 'the link went with the directory that was replaced');
  // A name on the way that is a link in the layers below is a directory of its own in this one.
  const own = await unpack([{ type: 'file', path: 'through/evil', content: 'mine' }], { parents: [lower] });
  assert(lstatSync(join(own, 'through')).isDirectory());
  await assert.rejects(
    unpack([{ type: 'hardlink', path: 'h', target: 'through/evil' }], { parents: [lower] }),
    /"h" is a hard link to "through\/evil", which does not exist/,
  );
});

test('names that are not UTF-8 keep their bytes', async () => {
  const odd = decodeFileName(Buffer.from([0x6f, 0xff, 0xfe]));
  const target = await unpack([
    { type: 'file', path: `${odd}/file-${odd}`, content: 'odd' },
    { type: 'symlink', path: `${odd}/link`, target: `file-${odd}` },
    { type: 'hardlink', path: `${odd}/hard`, target: `${odd}/file-${odd}` },
    { type: 'file', path: `${odd}/file-${odd}`, content: 'again' },
  ]);
  const names = readdirSync(target, { encoding: 'buffer' }).map((name) => [...name]);
  assert.deepEqual(names, [[0x6f, 0xff, 0xfe]]);
  const link = Buffer.concat([Buffer.from(`${target}/o`), Buffer.from([0xff, 0xfe]), Buffer.from('/link')]);
  assert.equal(readFileSync(link, 'utf8'), 'again');
});

test('an absolute name is one below the root', async () => {
  const target = await unpack([{ type: 'file', path: '/layers/app', content: 'app' }]);
  assert.equal(readFileSync(join(target, 'layers/app'), 'utf8'), 'app');
});

test('limits are kept and named', async () => {
  const bomb = Buffer.concat([
    ...encodeTar([{ type: 'file', path: 'bomb', content: Buffer.alloc(50_000_000) }]),
  ]);
  const limits = { maxBytes: 1_000_000 };
  await assert.rejects(
    unpack(bomb, { limits, compress: gzipSync, mediaType: `${oci}+gzip` }),
    /unpacks to more than 1000000 bytes, the limit maxBytes of a layer/,
  );
  await assert.rejects(
    unpack(bomb, { limits, compress: zstdCompressSync, mediaType: `${oci}+zstd` }),
    /unpacks to more than 1000000 bytes, the limit maxBytes of a layer/,
  );
  const incompressible = randomBytes(5_000_000);
  await assert.rejects(
    unpack([{ type: 'file', path: 'big', content: incompressible }], { limits }),
    /the limit maxBytes/,
  );
  const many = Array.from({ length: 20 }, (_, index): TarEntry => ({ type: 'directory', path: `d${index}` }));
  await assert.rejects(
    unpack(many, { limits: { maxFiles: 19 } }),
    /more than 19 files, the limit maxFiles of a layer/,
  );
  const deep: TarEntry = { type: 'file', path: `${'d/'.repeat(19)}f`, content: '' };
  await assert.rejects(unpack([deep], { limits: { maxFiles: 19 } }), /the limit maxFiles of a layer/);
  const lower = await unpack([
    { type: 'file', path: 'a', content: Buffer.alloc(600_000) },
    { type: 'file', path: 'b', content: Buffer.alloc(600_000) },
  ]);
  const copies = ['a', 'b'].map((target): TarEntry => ({ type: 'hardlink', path: `copy-${target}`, target }));
  await unpack(copies.slice(1), { limits, parents: [lower] });
  await assert.rejects(
    unpack(copies, { limits, parents: [lower] }),
    /"copy-b" is a hard link whose copy takes the layer over the limit maxBytes/,
  );
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

test('a large layer, and a small one that unpacks to a large one, go to a thread', async () => {
  const content = randomBytes(5_000_000);
  const large = await unpack([{ type: 'file', path: 'large', content }]);
  assert.deepEqual(readFileSync(join(large, 'large')), content);
  const zeros = await unpack([{ type: 'file', path: 'zeros', content: Buffer.alloc(20_000_000) }], {
    compress: gzipSync,
    mediaType: `${oci}+gzip`,
  });
  assert.equal(lstatSync(join(zeros, 'zeros')).size, 20_000_000);
  await assert.rejects(
    unpack([
      { type: 'file', path: 'big', content },
      { type: 'file', path: '../x', content: '' },
    ]),
    /leaves the layer/,
  );
  await assert.rejects(
    unpack([{ type: 'file', path: 'big', content }], { diffId: digestOf('no') }),
    /digest mismatch/,
  );
});

test('an aborted unpack stops and leaves nothing', async () => {
  const entries = Array.from(
    { length: 900 },
    (_, index): TarEntry => ({ type: 'file', path: `f${index}`, content: Buffer.alloc(60_000) }),
  );
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await assert.rejects(unpack(entries, { signal: controller.signal }), /enough/);
  assert.equal(existsSync(join(dir, `layer-${count - 1}.partial`)), false);
  const parents = Promise.reject<string[]>(new Error('the layer below failed'));
  await assert.rejects(unpack(entries, { parents }), /the layer below failed/);
});
