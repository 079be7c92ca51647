import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyFileHeader as block } from '../testing/header-fields.ts';
import { type TarEntry, TarError, type TarHeader } from './entry.ts';
import { encodeHeaderBlock } from './header-block.ts';
import { encodePaxRecords, parsePaxRecords } from './pax.ts';
import { TarReader } from './reader.ts';
import { encodeTar } from './writer.ts';

/** Reads an archive pushed in pieces of `step` bytes; files carry their content as text. */
function read(archive: Buffer, step = archive.length): (TarHeader & { text?: string })[] {
  const found: (TarHeader & { text?: string })[] = [];
  const reader = new TarReader({
    entry: (header) => found.push(header.type === 'file' ? { ...header, text: '' } : header),
    content: (chunk) => {
      const last = found.at(-1);
      if (last?.text !== undefined) last.text += chunk.toString();
    },
    hole: (bytes) => {
      const last = found.at(-1);
      if (last?.text !== undefined) last.text += '.'.repeat(bytes);
    },
    end: () => {},
  });
  for (let offset = 0; offset < archive.length; offset += step)
    reader.push(archive.subarray(offset, offset + step));
  reader.finish();
  return found;
}

const archive = (entries: TarEntry[]) => Buffer.concat([...encodeTar(entries)]);

test('what is written is read again, in pieces of any size', () => {
  const long = `${'d'.repeat(90)}/${'é'.repeat(90)}`;
  const entries: TarEntry[] = [
    { type: 'directory', path: 'etc/', mode: 0o1777 },
    { type: 'file', path: 'etc/a', content: 'hello', uid: 1000, gid: 3_000_000, mtime: 1_700_000_000.25 },
    {
      type: 'file',
      path: long,
      content: '',
      mode: 0o4755,
      xattrs: new Map([['user.x', Buffer.from([0, 255, 10])]]),
    },
    { type: 'symlink', path: 'l', target: long },
    { type: 'hardlink', path: 'h', target: 'etc/a' },
    { type: 'character-device', path: 'null', major: 1, minor: 3 },
    { type: 'block-device', path: 'sda', major: 8, minor: 0 },
    { type: 'fifo', path: 'p', mtime: -5 },
    { type: 'file', path: 'block', content: 'x'.repeat(512) },
  ];
  const bytes = archive(entries);
  for (const step of [1, 7, 511, 512, 513, bytes.length]) {
    const found = read(bytes, step);
    assert.deepEqual(
      found.map(({ path }) => path),
      entries.map(({ path }) => path),
      `step ${step}`,
    );
    const [directory, file, special, symlink, hardlink, device, disk, fifo, full] = found;
    assert.deepEqual(directory, { type: 'directory', path: 'etc/', mode: 0o1777, uid: 0, gid: 0, mtime: 0 });
    assert.deepEqual(file, {
      type: 'file',
      path: 'etc/a',
      mode: 0o644,
      uid: 1000,
      gid: 3_000_000,
      mtime: 1_700_000_000.25,
      size: 5,
      text: 'hello',
    });
    assert.equal(special?.mode, 0o4755);
    assert.deepEqual(special?.xattrs, new Map([['user.x', Buffer.from([0, 255, 10])]]));
    assert(symlink?.type === 'symlink' && symlink.target === long);
    assert(hardlink?.type === 'hardlink' && hardlink.target === 'etc/a');
    assert(device?.type === 'character-device' && device.major === 1 && device.minor === 3);
    assert(disk?.type === 'block-device' && disk.major === 8);
    assert.equal(fifo?.mtime, -5);
    assert.equal(full?.text, 'x'.repeat(512));
  }
});

test('headers that tools write and Go reads are read', () => {
  const change = (edit: (header: Buffer) => void, fields: Partial<typeof block> = {}) => {
    const header = encodeHeaderBlock({ ...block, ...fields });
    edit(header);
    return summed(header);
  };
  const at = (offset: number, text: string) => (header: Buffer) => void header.write(text, offset, 'latin1');
  const each = (pieces: Record<number, string>) => (header: Buffer) => {
    for (const [offset, text] of Object.entries(pieces)) header.write(text, Number(offset), 'latin1');
  };
  const pax = (records: [string, string][], ...rest: Buffer[]) => {
    const content = encodePaxRecords(new Map(records));
    const filled = Buffer.alloc(512 * Math.ceil(content.length / 512));
    content.copy(filled);
    return Buffer.concat([
      encodeHeaderBlock({ ...block, size: content.length, typeFlag: 'x' }),
      filled,
      ...rest,
    ]);
  };
  const long = (name: string) => {
    const content = Buffer.alloc(512);
    content.write(name);
    return Buffer.concat([encodeHeaderBlock({ ...block, typeFlag: 'L', size: name.length + 1 }), content]);
  };
  const plain = encodeHeaderBlock(block);
  const data = Buffer.alloc(512, 'x');
  const cases: [what: string, archive: Buffer, expected: Partial<TarHeader & { text: string }>[]][] = [
    ['V7', change((header) => header.fill(0, 257)), [{ path: 'f', type: 'file' }]],
    ['V7 has no devices', change((header) => header.fill('x', 257)), [{ path: 'f' }]],
    ['a signed checksum', signed(change(at(0, '\xe9'))), [{ path: '\udce9' }]],
    ['a checksum with spaces', change(at(148, '')), [{ path: 'f' }]],
    ['numbers after zeros and spaces', change(at(100, '\0 644 \0')), [{ mode: 0o644 }]],
    ['nothing for a number', change((header) => header.fill(0, 100, 148)), [{ mode: 0, uid: 0, mtime: 0 }]],
    ['a mode with the bits of a type', change(at(100, '0100755\0')), [{ mode: 0o755 }]],
    ['a negative owner', change((header) => header.fill(0xff, 108, 116)), [{ uid: 0xffffffff }]],
    ['an owner of 33 bits', change((header) => header.write('8000000100000005', 108, 'hex')), [{ uid: 5 }]],
    ['a negative time', change((header) => header.fill(0xff, 136, 148)), [{ mtime: -1 }]],
    ['a prefix', change(at(345, 'dir')), [{ path: 'dir/f' }]],
    ["star's prefix", change(each({ 345: 'dir', 476: '00000000001', 508: 'tar\0' })), [{ path: 'dir/f' }]],
    ["GNU's times are no prefix", change(each({ 257: 'ustar  \0', 345: '00000000001' })), [{ path: 'f' }]],
    [
      "a prefix in GNU's format, as Go 1.7 wrote",
      change(each({ 257: 'ustar  \0', 345: 'dir/sub/more/x' })),
      [{ path: 'dir/sub/more/x/f' }],
    ],
    [
      'a directory by its name',
      change(() => {}, { name: 'd/', typeFlag: '\0', size: 7 }),
      [{ type: 'directory' }],
    ],
    ['a file by its type', change(() => {}, { name: 'd/' }), [{ type: 'file', path: 'd/' }]],
    ['contiguous', change(() => {}, { typeFlag: '7' }), [{ type: 'file' }]],
    [
      'a link with a size',
      change(() => {}, { typeFlag: '2', linkName: 'x', size: 99 }),
      [{ type: 'symlink' }],
    ],
    [
      'an empty record keeps the header',
      pax(
        [
          ['path', ''],
          ['linkpath', ''],
          ['uid', ''],
          ['mtime', ''],
        ],
        plain,
      ),
      [{ path: 'f', uid: 0 }],
    ],
    [
      'numbers with signs',
      pax(
        [
          ['uid', '+7'],
          ['gid', '-1'],
          ['mtime', '-1.5'],
        ],
        plain,
      ),
      [{ uid: 7, gid: 0xffffffff, mtime: -1.5 }],
    ],
    ['a time beyond all', pax([['mtime', '99999999999999999999']], plain), [{ mtime: 1e20 }]],
    [
      'records that mean nothing here',
      pax(
        [
          ['GNU.sparse.major', '9'],
          ['x\ty', '1'],
          ['hdrcharset', 'BINARY'],
        ],
        plain,
      ),
      [{ path: 'f', size: 0 }],
    ],
    [
      'the last of two extended headers',
      Buffer.concat([pax([['uid', '7']]), pax([['gid', '8']], plain)]),
      [{ uid: 0, gid: 8 }],
    ],
    [
      "GNU's long name before that of PAX",
      Buffer.concat([long('gnu'), pax([['path', 'pax']], plain)]),
      [{ path: 'gnu' }],
    ],
    ['an empty long name', Buffer.concat([long(''), plain]), [{ path: 'f' }]],
    ['no blocks at the end', plain, [{ path: 'f' }]],
    ['one block at the end', Buffer.concat([plain, Buffer.alloc(512)]), [{ path: 'f' }]],
    [
      'anything after the end',
      Buffer.concat([plain, Buffer.alloc(1024), Buffer.from('rest')]),
      [{ path: 'f' }],
    ],
    [
      'content without its last padding',
      Buffer.concat([change(() => {}, { size: 3 }), data.subarray(0, 3)]),
      [{ text: 'xxx' }],
    ],
    [
      'a part of the last padding',
      Buffer.concat([change(() => {}, { size: 3 }), data.subarray(0, 9)]),
      [{ text: 'xxx' }],
    ],
    ['an extended header at the end', pax([['uid', '7']]), []],
    ['nothing', Buffer.alloc(0), []],
    ['a size in octal of 12 digits', change(at(124, '000000000003'), {}), [{ size: 3 }]],
  ];
  for (const [what, bytes, expected] of cases) {
    const whole = what.includes('12 digits') ? Buffer.concat([bytes, data]) : bytes;
    const found = read(whole);
    assert.equal(found.length, expected.length, what);
    for (const [index, fields] of expected.entries())
      assert.partialDeepStrictEqual(found[index], fields, what);
  }
});

test('archives that Go refuses are refused', () => {
  const cases: [what: string, archive: Buffer, message: RegExp][] = [
    [
      'a header after a block of zeros',
      Buffer.concat([Buffer.alloc(512), encodeHeaderBlock(block)]),
      /goes on after/,
    ],
    ['half a block at the end', Buffer.concat([Buffer.alloc(512), Buffer.alloc(100)]), /truncated/],
    ['a negative size', summed(encodeHeaderBlock(block).fill(0xff, 124, 136)), /not the size of a file/],
    [
      'a long name of negative size',
      summed(encodeHeaderBlock({ ...block, typeFlag: 'L' }).fill(0xff, 124, 136)),
      /extended tar header of -1/,
    ],
    ['digits that are not octal', summed(encodeHeaderBlock(block).fill('9', 108, 115)), /not a number/],
    [
      'a number of 64 bits and more',
      summed(encodeHeaderBlock(block).fill(0x80, 136, 137).fill(0xfe, 137, 148)),
      /out of range/,
    ],
  ];
  for (const [what, bytes, message] of cases) assert.throws(() => read(bytes), message, what);
});

/** Writes the checksum of a header that was changed. */
function summed(header: Buffer): Buffer {
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Writes the checksum as tars did that added signed bytes. */
function signed(header: Buffer): Buffer {
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + (byte < 128 ? byte : byte - 256), 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

test('GNU long names and base-256 numbers are read', () => {
  const name = 'n'.repeat(200);
  const content = Buffer.alloc(512);
  content.write(name);
  const header = encodeHeaderBlock({ ...block, size: 3 });
  header[124] = 0x80;
  header.fill(0, 125, 136);
  header[135] = 3;
  summed(header);
  const data = Buffer.alloc(512);
  data.write('abc');
  const long = (typeFlag: string) =>
    encodeHeaderBlock({ ...block, name: '././@LongLink', size: 201, typeFlag });
  const link = encodeHeaderBlock({ ...block, typeFlag: '2' });
  const [file, symlink] = read(
    Buffer.concat([long('L'), content, header, data, long('K'), content, link, Buffer.alloc(1024)]),
  );
  assert(file?.type === 'file' && file.path === name && file.text === 'abc');
  assert(symlink?.type === 'symlink' && symlink.path === 'f' && symlink.target === name);
});

test('global PAX records hold until they are overridden', () => {
  const pax = (typeFlag: string, records: [string, string][]) => {
    const content = encodePaxRecords(new Map(records));
    const padded = Buffer.alloc(512);
    content.copy(padded);
    return [encodeHeaderBlock({ ...block, size: content.length, typeFlag }), padded];
  };
  const bytes = Buffer.concat([
    ...pax('g', [
      ['uid', '7'],
      ['comment', 'x'],
    ]),
    encodeHeaderBlock(block),
    ...pax('x', [['uid', '8']]),
    encodeHeaderBlock(block),
    encodeHeaderBlock(block),
  ]);
  assert.deepEqual(
    read(bytes).map(({ uid }) => uid),
    [7, 8, 7],
  );
});

test('bad archives are refused', () => {
  const file = archive([{ type: 'file', path: 'f', content: 'x'.repeat(600) }]);
  const cases: [bytes: Buffer, message: RegExp][] = [
    [Buffer.from('x'.repeat(512)), /not a tar archive/],
    [Buffer.from('a note'), /not a tar archive/],
    [file.subarray(0, 700), /truncated/],
    [file.subarray(0, 100), /truncated/],
    [encodeHeaderBlock({ ...block, typeFlag: 'S' }), /f: sparse file in a format that is not GNU tar's/],
    [encodeHeaderBlock({ ...block, typeFlag: 'Z' }), /f: unknown tar entry type "Z"/],
    [
      encodeHeaderBlock({ ...block, typeFlag: 'x', size: 2_000_000 }),
      /extended tar header of 2000000 bytes; the limit/,
    ],
    [
      Buffer.concat([encodeHeaderBlock({ ...block, typeFlag: 'x', size: 5 }), Buffer.alloc(512, '9')]),
      /malformed PAX/,
    ],
  ];
  for (const [bytes, message] of cases) assert.throws(() => read(bytes), message);
});

test('PAX records cannot pile up', () => {
  const header = (typeFlag: string, records: [string, string][]) => {
    const content = encodePaxRecords(new Map(records));
    const rest = Buffer.alloc((512 - (content.length % 512)) % 512);
    return Buffer.concat([encodeHeaderBlock({ ...block, size: content.length, typeFlag }), content, rest]);
  };
  const numbered = (count: number, value: string, from = 0) =>
    Array.from({ length: count }, (_, index): [string, string] => [`comment.${from + index}`, value]);
  const cases: [archive: Buffer[], message: RegExp][] = [
    [[header('x', numbered(1001, ''))], /1001 PAX records hold at a time; the limit is 1000/],
    [[header('g', numbered(600, '')), header('g', numbered(600, '', 600))], /1200 PAX records/],
    [
      [header('g', numbered(1, 'x'.repeat(600_000))), header('g', numbered(1, 'x'.repeat(600_000), 1))],
      /global PAX records of 12000\d\d bytes; the limit/,
    ],
  ];
  for (const [archive, message] of cases) assert.throws(() => read(Buffer.concat(archive)), message);
  // Said again and again, a record takes no more than once.
  const same = Array.from({ length: 5 }, () => header('g', numbered(1, 'x'.repeat(600_000))));
  assert.equal(read(Buffer.concat([...same, encodeHeaderBlock(block)])).length, 1);
});

test('PAX records count their own length', () => {
  for (const length of [1, 5, 94, 95, 96, 97, 990, 991, 992, 993]) {
    const records = new Map([
      ['k', Buffer.alloc(length, 'v')],
      ['empty', Buffer.alloc(0)],
    ]);
    assert.deepEqual(parsePaxRecords(encodePaxRecords(records)), records);
  }
  for (const bad of ['5 a=b', '6 a=b\n7', '99 a=b\n', 'x a=b\n', '6 abc\n']) {
    assert.throws(() => parsePaxRecords(Buffer.from(bad)), TarError, bad);
  }
});
