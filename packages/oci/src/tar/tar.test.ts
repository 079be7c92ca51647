import assert from 'node:assert/strict';
import { test } from 'node:test';
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
    end: () => {},
  });
  for (let offset = 0; offset < archive.length; offset += step)
    reader.push(archive.subarray(offset, offset + step));
  reader.finish();
  return found;
}

const archive = (entries: TarEntry[]) => Buffer.concat([...encodeTar(entries)]);

const block = {
  name: 'f',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  typeFlag: '0',
  linkName: '',
  deviceMajor: 0,
  deviceMinor: 0,
};

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

test('GNU long names and base-256 numbers are read', () => {
  const name = 'n'.repeat(200);
  const content = Buffer.alloc(512);
  content.write(name);
  const header = encodeHeaderBlock({ ...block, size: 3 });
  header[124] = 0x80;
  header.fill(0, 125, 136);
  header[135] = 3;
  header.write('        ', 148);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
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
    [file.subarray(0, 700), /truncated/],
    [file.subarray(0, 100), /truncated/],
    [encodeHeaderBlock({ ...block, typeFlag: 'S' }), /f: sparse files are not supported/],
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
