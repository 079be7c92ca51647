// Layers of images: what tar archives of this world hold.
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import type { Case } from '../case.ts';
import { inImage } from './container.ts';
import { type ImageInput, publish, repositoryOf } from './image.ts';
import type { RuntimeSide } from './node.ts';
import { directory, end, link, member, pax, paxText, put, sign } from './raw-tar.ts';
import { rootfsListing } from './rootfs.ts';

type Layers = NonNullable<ImageInput['layers']>;

/** A case whose outcome is the list of a container's files. */
export function layerCase(
  area: string,
  name: string,
  layers: () => Layers,
  more: Omit<ImageInput, 'layers'> = {},
): Case<RuntimeSide> {
  return {
    area,
    name,
    apply: async (side) => {
      const { reference } = publish(side.registry, repositoryOf(area, name), { layers: layers(), ...more });
      return await inImage(side, reference, {}, async ({ pid }) => ({ files: rootfsListing(pid) }));
    },
  };
}

const file = (path: string, content = path): TarEntry => ({ type: 'file', path, content });
const dir = (path: string, mode = 0o755): TarEntry => ({ type: 'directory', path, mode });
const symlink = (path: string, target: string): TarEntry => ({ type: 'symlink', path, target });
const hardlink = (path: string, target: string): TarEntry => ({ type: 'hardlink', path, target });

/** One layer of entries, or several. */
const entries: readonly [name: string, ...layers: TarEntry[][]][] = [
  ['file below an absolute link of the layer', [dir('data'), symlink('link', '/data'), file('link/a')]],
  ['file below an absolute link of a lower layer', [dir('data'), symlink('link', '/data')], [file('link/a')]],
  [
    'file below a relative link above the root',
    [dir('data'), symlink('link', '../../../data'), file('link/a')],
  ],
  ['file below a chain of links', [dir('d'), symlink('l1', '/l2'), symlink('l2', 'd'), file('l1/a')]],
  ['file below a dangling link', [symlink('link', '/nowhere'), file('link/a')]],
  ['file below a link to itself', [symlink('link', 'link'), file('link/a')]],
  ['file below a link to a file', [file('f'), symlink('link', 'f'), file('link/a')]],
  ['file below a file of the layer', [file('f'), file('f/a')]],
  ['file below a file of a lower layer', [file('f')], [file('f/a')]],
  [
    'folder in the place of a link to a folder',
    [dir('d'), file('d/a'), symlink('l', 'd')],
    [dir('l'), file('l/b')],
  ],
  [
    'usr merge: folder entry over a link of a lower layer',
    [dir('usr/sbin'), symlink('sbin', 'usr/sbin')],
    [dir('sbin'), file('sbin/x')],
  ],
  ['hard link to an absolute path', [file('a'), hardlink('b', '/a')]],
  ['hard link to ./a', [file('./a'), hardlink('./b', './a')]],
  ['hard link through an absolute link', [dir('d'), file('d/a'), symlink('l', '/d'), hardlink('b', 'l/a')]],
  ['hard link to a file of a lower layer', [file('a')], [hardlink('b', 'a')]],
  ['hard link to a missing file', [hardlink('b', 'a')]],
  ['hard link to a later file', [hardlink('b', 'a'), file('a')]],
  ['hard link to a symbolic link', [file('a'), symlink('s', 'a'), hardlink('b', 's')]],
  ['hard link to a folder', [dir('d'), hardlink('b', 'd')]],
  ['hard link to itself', [file('a'), hardlink('a', 'a')]],
  ['hard link over a file', [file('a'), file('b'), hardlink('b', 'a')]],
  ['hard link above the root', [file('a'), hardlink('b', '../a')]],
  ['names with dots', [file('./a'), file('.//b'), dir('./c/.'), file('c/./d'), file('c/../e')]],
  ['absolute names', [dir('/d'), file('/d/a')]],
  ['a name above the root', [file('../a')]],
  ['the root itself', [{ type: 'directory', path: './', mode: 0o711, mtime: 5 }, file('a')]],
  ['the root as a link', [symlink('.', '/tmp'), file('a')]],
  ['file over a folder of a lower layer', [dir('d'), file('d/a')], [file('d', 'now a file')]],
  ['link over a folder of a lower layer', [dir('d'), file('d/a')], [symlink('d', 'tmp')]],
  ['folder over a file of a lower layer', [file('d')], [dir('d'), file('d/a')]],
  ['folder over a folder of a lower layer', [dir('d', 0o700), file('d/a')], [dir('d', 0o755), file('d/b')]],
  ['file over a link of a lower layer', [file('a'), symlink('l', 'a')], [file('l', 'a file')]],
  ['twice a file', [file('a', 'first'), file('a', 'second')]],
  ['file, then folder', [file('a'), dir('a'), file('a/b')]],
  ['folder with content, then file', [dir('a'), file('a/b'), file('a')]],
  ['folder with content, then link', [dir('a'), file('a/b'), symlink('a', 'tmp')]],
  ['link, then folder', [symlink('a', 'tmp'), dir('a'), file('a/b')]],
  ['twice a folder', [dir('a', 0o700), file('a/b'), dir('a', 0o755)]],
  ['parents that are missing', [file('x/y/z/a')]],
  ['folder after its files', [file('x/a'), { type: 'directory', path: 'x', mode: 0o500, uid: 3, mtime: 7 }]],
  ['folders without permissions', [dir('d', 0), file('d/a'), dir('e', 0o444), dir('e/f', 0), file('e/f/a')]],
  [
    'files on the mount points of every container',
    [file('dev/null', 'x'), file('proc/a'), file('sys/a'), dir('dev/shm'), file('etc/hosts', 'mine')],
  ],
  [
    'mount points that are files',
    [file('dev2'), symlink('etc/hosts', '/data/hosts'), symlink('etc/resolv.conf', '../run/resolv.conf')],
  ],
  [
    'special modes and owners',
    [
      { type: 'file', path: 'a', content: 'a', mode: 0o6755, uid: 65534, gid: 4294967294 },
      { type: 'directory', path: 'd', mode: 0o3777, uid: 2147483648 },
    ],
  ],
  [
    'devices and pipes',
    [
      { type: 'character-device', path: 'c', major: 1, minor: 3, mode: 0o666 },
      { type: 'block-device', path: 'b', major: 7, minor: 300 },
      { type: 'fifo', path: 'p', uid: 5 },
      hardlink('c2', 'c'),
    ],
  ],
  [
    'a character device 0,0',
    [file('a'), file('b')],
    [{ type: 'character-device', path: 'a', major: 0, minor: 0 }],
  ],
  ['a character device 0,0 over nothing', [{ type: 'character-device', path: 'w', major: 0, minor: 0 }]],
  [
    'names of many kinds',
    [
      file('a\nb'),
      file('back\\slash'),
      file(' sp '),
      file('ü/日本'),
      file('x'.repeat(255)),
      file('-'),
      file('~'),
      file('*'),
    ],
  ],
  ['a name of 256 bytes', [file('x'.repeat(256))]],
  ['a path of 3,000 bytes', [file(`${'0123456789/'.repeat(272)}a`)]],
  ['a link to nothing', [symlink('l', '')]],
  ['a link to 4,000 bytes', [symlink('l', 'x'.repeat(4000))]],
  ['a link to 5,000 bytes', [symlink('l', 'x'.repeat(5000))]],
  [
    'odd targets of links',
    [
      symlink('a', '//x'),
      symlink('b', '.'),
      symlink('c', '/'),
      symlink('d', 'a/../b/'),
      symlink('e', '\xff'),
    ],
  ],
  [
    'times',
    [
      { type: 'file', path: 'a', content: '', mtime: -5 },
      { type: 'file', path: 'b', content: '', mtime: 1234567890.125 },
      { type: 'file', path: 'c', content: '', mtime: 2 ** 33 + 5 },
      { type: 'symlink', path: 'd', target: 'a', mtime: 99 },
    ],
  ],
];

const whiteouts: readonly [name: string, ...layers: TarEntry[][]][] = [
  [
    'of a file and of a folder',
    [file('a'), dir('d'), file('d/b'), file('d/c')],
    [file('.wh.a', ''), file('d/.wh.b', '')],
  ],
  ['of a folder with content', [dir('d'), file('d/b')], [file('.wh.d', '')]],
  ['of what is not there', [file('.wh.nothing', ''), file('no/folder/.wh.x', '')]],
  ['of a file that the layer adds later', [file('a', 'old')], [file('.wh.a', ''), file('a', 'new')]],
  ['of a file that the layer has added', [file('a', 'old')], [file('a', 'new'), file('.wh.a', '')]],
  [
    'of a folder that the layer makes anew',
    [dir('d'), file('d/old')],
    [file('.wh.d', ''), dir('d'), file('d/new')],
  ],
  ['with content', [file('a')], [file('.wh.a', 'content')]],
  ['as a folder', [file('a')], [dir('.wh.a')]],
  ['as a link', [file('a')], [symlink('.wh.a', 'b')]],
  ['as a hard link', [file('a'), file('b')], [hardlink('.wh.a', 'b')]],
  ['as a device', [file('a')], [{ type: 'character-device', path: '.wh.a', major: 0, minor: 0 }]],
  ['without a name', [file('.wh.', '')]],
  ['of a dot', [dir('d'), file('d/a')], [file('d/.wh..', '')]],
  ['of two dots', [dir('d'), file('a')], [file('d/.wh...', '')]],
  ['of a whiteout', [file('a')], [file('.wh..wh.a', '')]],
  ['below a link of a lower layer', [dir('d'), file('d/a'), symlink('l', '/d')], [file('l/.wh.a', '')]],
  ['below a file of a lower layer', [file('f')], [file('f/.wh.a', '')]],
  [
    'of a folder with files below it in the layer',
    [dir('d'), file('d/old')],
    [file('d/new'), file('.wh.d', '')],
  ],
  ['of a link to a folder', [dir('d'), file('d/a'), symlink('l', 'd')], [file('.wh.l', '')]],
  ['of bin/sh, in a folder with a link', [file('bin/extra')], [file('bin/.wh.extra', '')]],
  ['opaque', [dir('d'), file('d/a'), file('d/b')], [dir('d'), file('d/.wh..wh..opq', ''), file('d/c')]],
  ['opaque after new files', [dir('d'), file('d/a')], [dir('d'), file('d/c'), file('d/.wh..wh..opq', '')]],
  ['opaque without an entry of the folder', [dir('d', 0o700), file('d/a')], [file('d/.wh..wh..opq', '')]],
  ['opaque in a new folder', [dir('n'), file('n/.wh..wh..opq', ''), file('n/a')]],
  [
    'opaque with folders below',
    [dir('d/e'), file('d/e/a')],
    [file('d/.wh..wh..opq', ''), dir('d/e'), file('d/e/b')],
  ],
  [
    'opaque twice',
    [dir('d'), file('d/a')],
    [file('d/.wh..wh..opq', ''), file('d/.wh..wh..opq', ''), file('d/a2')],
  ],
  [
    'opaque, then a lower file again by a third layer',
    [dir('d'), file('d/a')],
    [file('d/.wh..wh..opq', '')],
    [file('d/z')],
  ],
  [
    'of aufs itself',
    [dir('.wh..wh.plnk'), file('.wh..wh.plnk/x'), file('.wh..wh.aufs', ''), dir('.wh..wh.orph')],
  ],
  ['of aufs with a hard link', [file('.wh..wh.plnk/1.2', 'linked'), hardlink('a', '.wh..wh.plnk/1.2')]],
  [
    'overlay attributes in the layer',
    [
      { type: 'directory', path: 'd', xattrs: new Map([['trusted.overlay.opaque', Buffer.from('y')]]) },
      file('d/a'),
    ],
    [
      { type: 'directory', path: 'd', xattrs: new Map([['trusted.overlay.opaque', Buffer.from('y')]]) },
      file('d/b'),
    ],
  ],
];

const xattr = (
  path: string,
  name: string,
  value: string | Buffer,
  type: 'file' | 'directory' | 'fifo' = 'file',
): TarEntry => {
  const xattrs = new Map([[name, Buffer.from(value)]]);
  return type === 'file' ? { type, path, content: path, xattrs } : { type, path, xattrs };
};

const attributes: readonly [name: string, ...layers: TarEntry[][]][] = [
  [
    'user.*',
    [xattr('a', 'user.a', 'value'), xattr('d', 'user.b', 'x', 'directory'), xattr('e', 'user.empty', '')],
  ],
  [
    'user.* on a link',
    [{ type: 'symlink', path: 'l', target: 'a', xattrs: new Map([['user.a', Buffer.from('x')]]) }],
  ],
  ['user.* on a pipe', [xattr('p', 'user.a', 'x', 'fifo')]],
  [
    'security.capability',
    [xattr('a', 'security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex'))],
  ],
  ['security.capability that is none', [xattr('a', 'security.capability', 'x')]],
  ['security.selinux', [xattr('a', 'security.selinux', 'system_u:object_r:bin_t:s0\0')]],
  ['security.ima', [xattr('a', 'security.ima', Buffer.from([1, 2, 3]))]],
  ['trusted.*', [xattr('a', 'trusted.a', 'x')]],
  [
    'an ACL',
    [
      xattr(
        'a',
        'system.posix_acl_access',
        Buffer.from(
          '0200000001000600ffffffff0400040000000000100006000000000020000400ffffffff'.slice(0, 72),
          'hex',
        ),
      ),
    ],
  ],
  ['of no namespace', [xattr('a', 'nonsense', 'x')]],
  ['of an unknown namespace', [xattr('a', 'com.apple.quarantine', 'x')]],
  ['with an equals sign in the name', [xattr('a', 'user.a.b', 'x=y=z')]],
  ['of 4,000 bytes', [xattr('a', 'user.long', 'x'.repeat(3000))]],
];

const sparseMap = '2\n0\n5\n1024\n5\n';
const a = (text = 'a') => member('a', { content: text });

/** Archives byte by byte. */
const archives: readonly [name: string, () => Buffer[]][] = [
  ['old file type NUL', () => [member('a', { content: 'a', typeFlag: '\0' }), end]],
  [
    'old folder: a file with a slash at its end',
    () => [member('d/', { typeFlag: '\0' }), member('d/a', { content: 'x' }), end],
  ],
  ['contiguous file', () => [member('a', { content: 'a', typeFlag: '7' }), end]],
  ['unknown type', () => [member('u', { typeFlag: 'Z' }), a(), end]],
  ['unknown type with content', () => [member('u', { typeFlag: 'Z', content: 'skipped' }), a(), end]],
  ['volume label', () => [member('LABEL', { typeFlag: 'V' }), a(), end]],
  ['GNU dumpdir', () => [member('d/', { typeFlag: 'D', content: 'Ya\0\0' }), a(), end]],
  ['Solaris extended header', () => [member('X', { typeFlag: 'X', content: '12 path=xyz\n' }), a(), end]],
  ['global PAX header', () => [pax({ comment: 'a commit' }, 'g'), a(), end]],
  ['global PAX header with a path', () => [pax({ path: 'global' }, 'g'), a(), end]],
  [
    'global PAX header with an owner',
    () => [pax({ uid: '42', mtime: '77' }, 'g'), a(), member('b', { content: 'b' }), end],
  ],
  [
    'GNU long name',
    () => [member('././@LongLink', { typeFlag: 'L', content: `${'n'.repeat(150)}\0` }), a(), end],
  ],
  [
    'GNU long name without NUL',
    () => [member('././@LongLink', { typeFlag: 'L', content: 'n'.repeat(150) }), a(), end],
  ],
  [
    'GNU long link',
    () => [member('././@LongLink', { typeFlag: 'K', content: `${'n'.repeat(150)}\0` }), link('l', 'n'), end],
  ],
  [
    'GNU long name and long link',
    () => [
      member('././@LongLink', { typeFlag: 'K', content: `${'t'.repeat(150)}\0` }),
      member('././@LongLink', { typeFlag: 'L', content: `${'n'.repeat(150)}\0` }),
      link('l', 'n'),
      end,
    ],
  ],
  [
    'PAX after a GNU long name',
    () => [
      member('././@LongLink', { typeFlag: 'L', content: `${'n'.repeat(150)}\0` }),
      pax({ mtime: '5' }),
      a(),
      end,
    ],
  ],
  ['two PAX headers in a row', () => [pax({ path: 'first' }), pax({ mtime: '5' }), a(), end]],
  ['PAX header before nothing', () => [a(), pax({ path: 'x' }), end]],
  ['PAX path that is empty', () => [pax({ path: '' }), a(), end]],
  ['PAX owner that is empty', () => [pax({ uid: '' }), member('a', { uid: 7 }), end]],
  ['PAX owner that is no number', () => [pax({ uid: 'root' }), a(), end]],
  ['PAX owner below zero', () => [pax({ uid: '-1', gid: '-2' }), a(), end]],
  [
    'PAX size',
    () => [
      pax({ size: '3' }),
      Buffer.concat([member('a', { size: 0 }), Buffer.from('abc'), Buffer.alloc(509)]),
      end,
    ],
  ],
  ['PAX size below zero', () => [pax({ size: '-3' }), a(), end]],
  ['PAX times', () => [pax({ mtime: '1234567890.5', atime: '1.25', ctime: '-3.75' }), a(), end]],
  ['PAX time that is no number', () => [pax({ mtime: 'yesterday' }), a(), end]],
  ['PAX time with ten places', () => [pax({ mtime: '12.0123456789' }), a(), end]],
  ['PAX record twice', () => [paxText('10 path=b\n10 path=c\n'), a(), end]],
  ['PAX record with a wrong length', () => [paxText('99 path=b\n'), a(), end]],
  ['PAX record without an equals sign', () => [paxText('9 pathbb\n'), a(), end]],
  ['PAX record of zeros', () => [paxText('\0\0\0\0\0\0\0\0'), a(), end]],
  ['PAX record with zeros after it', () => [paxText('10 path=b\n\0\0\0\0'), a(), end]],
  ['PAX path with NUL', () => [pax({ path: 'a\0b' }), a(), end]],
  [
    'PAX names of a vendor',
    () => [
      pax({
        'VENDOR.x': 'y',
        'SCHILY.dev': '5',
        'SCHILY.ino': '7',
        hdrcharset: 'BINARY',
        'LIBARCHIVE.creationtime': '5',
      }),
      a(),
      end,
    ],
  ],
  [
    'PAX attributes of libarchive',
    () => [pax({ 'LIBARCHIVE.xattr.user.a': 'dmFsdWU', 'SCHILY.acl.access': 'user::rw-' }), a(), end],
  ],
  [
    'PAX sparse 0.0',
    () => [
      paxText(
        '22 GNU.sparse.size=1029\n26 GNU.sparse.numblocks=2\n23 GNU.sparse.offset=0\n25 GNU.sparse.numbytes=5\n26 GNU.sparse.offset=1024\n25 GNU.sparse.numbytes=5\n'.replace(
          /^\d+ /gm,
          '',
        ),
      ),
      a('helloworld'),
      end,
    ],
  ],
  [
    'PAX sparse 0.1',
    () => [
      pax({
        'GNU.sparse.size': '1029',
        'GNU.sparse.numblocks': '2',
        'GNU.sparse.map': '0,5,1024,5',
        'GNU.sparse.name': 'real',
      }),
      a('helloworld'),
      end,
    ],
  ],
  [
    'PAX sparse 1.0',
    () => [
      pax({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.name': 'real',
        'GNU.sparse.realsize': '1029',
      }),
      a(`${sparseMap}${'\0'.repeat(512 - sparseMap.length)}helloworld`),
      end,
    ],
  ],
  [
    'GNU sparse',
    () => [
      member('a', {
        typeFlag: 'S',
        content: 'helloworld',
        patch: (block) => {
          put(block, 257, 8, 'ustar  ');
          block.fill(0, 345, 512);
          for (const [index, text] of ['00000000000', '00000000005', '00000002000', '00000000005'].entries())
            put(block, 386 + index * 12, 12, text);
          put(block, 483, 12, '00000002005');
        },
      }),
      end,
    ],
  ],
  ['v7 without a magic', () => [member('a', { content: 'a', patch: (block) => block.fill(0, 257) }), end]],
  ['GNU magic', () => [member('a', { content: 'a', patch: (block) => put(block, 257, 8, 'ustar  ') }), end]],
  [
    'ustar prefix',
    () => [member('a', { content: 'a', patch: (block) => put(block, 345, 155, 'some/folder') }), end],
  ],
  [
    'star with times in the prefix',
    () => [
      member('a', {
        content: 'a',
        patch: (block) => {
          put(block, 345, 131, 'pre');
          put(block, 476, 12, '00000000007 ');
          put(block, 488, 12, '00000000007 ');
          put(block, 508, 4, 'tar\0');
        },
      }),
      end,
    ],
  ],
  ['name of 100 bytes', () => [member('n'.repeat(100), { content: 'a' }), end]],
  ['name without a character', () => [member('', { content: 'a' }), end]],
  [
    'name that is not UTF-8',
    () => [member('a', { content: 'a', patch: (block) => block.write('\xff\xfe', 0, 'latin1') }), end],
  ],
  [
    'signed checksum',
    () => [
      ((block: Buffer) => {
        block.write('\xe9', 0, 'latin1');
        sign(block, { signed: true });
        return block;
      })(member('a')),
      end,
    ],
  ],
  [
    'wrong checksum',
    () => [
      ((block: Buffer) => {
        block.write('b', 0);
        return block;
      })(member('a')),
      end,
    ],
  ],
  [
    'checksum with spaces',
    () => [
      ((block: Buffer) => {
        const sum = block.toString('latin1', 148, 154);
        block.write(` ${sum.slice(1)} \0`, 148, 'latin1');
        return block;
      })(member('a')),
      end,
    ],
  ],
  [
    'numbers with spaces',
    () => [
      member('a', {
        content: 'a',
        patch: (block) => {
          put(block, 100, 8, '  644 \0');
          put(block, 124, 12, '          1 ');
        },
      }),
      end,
    ],
  ],
  [
    'numbers that are empty',
    () => [
      member('a', {
        patch: (block) => {
          put(block, 100, 8, '');
          put(block, 108, 8, '');
          put(block, 136, 12, '        ');
        },
      }),
      end,
    ],
  ],
  ['an owner that is no number', () => [member('a', { patch: (block) => put(block, 108, 8, 'zzz') }), end]],
  [
    'an owner with text after it',
    () => [member('a', { patch: (block) => put(block, 108, 8, '12 34') }), end],
  ],
  [
    'a number that ends at NUL',
    () => [member('a', { patch: (block) => put(block, 108, 8, '12\x0034') }), end],
  ],
  [
    'a size below zero',
    () => [
      member('a', {
        patch: (block) => {
          block.fill(0xff, 124, 136);
        },
      }),
      end,
    ],
  ],
  [
    'binary numbers',
    () => [
      member('a', {
        patch: (block) => {
          put(block, 108, 8, '\x80\0\0\0\x00\x30\x00\x05');
          put(block, 136, 12, '\xff'.repeat(11).concat('\xf0'));
        },
      }),
      end,
    ],
  ],
  ['mode with the bits of a type', () => [member('a', { mode: 0o100640, content: 'a' }), end]],
  [
    'links with a size',
    () => [
      a(),
      Buffer.concat([member('l', { typeFlag: '2', linkName: 'a', size: 3 })]),
      member('b', { content: 'b' }),
      end,
    ],
  ],
  [
    'hard link with content',
    () => [
      a(),
      member('h', { typeFlag: '1', linkName: 'a', content: 'other' }),
      member('b', { content: 'b' }),
      end,
    ],
  ],
  ['folder with a size', () => [directory('d/', { size: 5 }), member('d/a', { content: 'x' }), end]],
  ['device numbers of a file', () => [member('a', { deviceMajor: 5, deviceMinor: 7 }), end]],
  [
    'device numbers that are no numbers',
    () => [member('a', { patch: (block) => put(block, 329, 8, 'zzz') }), end],
  ],
  ['without an end', () => [a()]],
  ['one block of zeros at the end', () => [a(), Buffer.alloc(512)]],
  ['one block of zeros between members', () => [a(), Buffer.alloc(512), member('b', { content: 'b' }), end]],
  ['members after the end', () => [a(), end, member('b', { content: 'b' }), end]],
  ['garbage after the end', () => [a(), end, Buffer.from('garbage'.repeat(200))]],
  ['half a block after the end', () => [a(), end, Buffer.alloc(100)]],
  ['cut in a header', () => [a(), member('b').subarray(0, 200)]],
  ['cut in the content', () => [a(), member('b', { content: 'x'.repeat(2000) }).subarray(0, 1500)]],
  ['cut in the padding', () => [a(), member('b', { content: 'xyz' }).subarray(0, 515)]],
  ['cut in the end', () => [a(), Buffer.alloc(700)]],
  ['no bytes', () => []],
  ['nothing but an end', () => [end]],
  ['20 blocks of zeros', () => [Buffer.alloc(10240)]],
  ['garbage', () => [Buffer.from('this is no tar archive '.repeat(100))]],
];

const table = (prefix: string, rows: readonly [name: string, ...layers: TarEntry[][]][]) =>
  rows.map(([name, ...layers]) => layerCase('layers', `${prefix}${name}`, () => layers));

export const layers: readonly Case<RuntimeSide>[] = [
  ...table('', entries),
  ...table('whiteout ', whiteouts),
  ...table('attribute ', attributes),
  ...archives.map(([name, parts]) => layerCase('layers', `archive: ${name}`, () => [Buffer.concat(parts())])),
];
