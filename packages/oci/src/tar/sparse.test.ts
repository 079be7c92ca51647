import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { emptyFileHeader as block } from '../testing/header-fields.ts';
import { encodeHeaderBlock } from './header-block.ts';
import { encodePaxRecords } from './pax.ts';
import { TarReader } from './reader.ts';

const dir = mkdtempSync(join(tmpdir(), 'oci-sparse-'));
after(() => rmSync(dir, { recursive: true }));

/** Files of an archive that is pushed in pieces of `step` bytes, holes filled, by name. */
function read(archive: Buffer, step = archive.length): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let name = '';
  let chunks: Buffer[] = [];
  let size = 0;
  const reader = new TarReader({
    entry: (header) => {
      name = header.path;
      size = header.type === 'file' ? header.size : 0;
      chunks = [];
    },
    content: (chunk) => chunks.push(Buffer.from(chunk)),
    hole: (bytes) => chunks.push(Buffer.alloc(bytes)),
    end: () => {
      const content = Buffer.concat(chunks);
      assert.equal(content.length, size, name);
      files.set(name, content);
    },
  });
  for (let offset = 0; offset < archive.length; offset += step)
    reader.push(archive.subarray(offset, offset + step));
  reader.finish();
  return files;
}

test('sparse files of every format of GNU tar get their holes back', () => {
  const files = new Map<string, Buffer>();
  const block = Buffer.alloc(4096, 'data');
  for (const [name, pieces, size] of [
    ['start', [0], 40_960],
    ['middle', [12_288], 40_960],
    ['end', [36_864], 40_960],
    ['many', Array.from({ length: 60 }, (_, index) => index * 12_288), 737_281],
    ['odd', [8192], 50_001],
    ['none', [], 65_536],
    ['full', [0, 4096], 8192],
    ['empty', [], 0],
  ] satisfies [string, number[], number][]) {
    const content = Buffer.alloc(size);
    // A sparse file on disk, too: tar looks for holes only where a file takes less than its size.
    const file = openSync(join(dir, name), 'w');
    ftruncateSync(file, size);
    for (const offset of pieces) {
      block.copy(content, offset);
      writeSync(file, block, 0, block.length, offset);
    }
    closeSync(file);
    files.set(name, content);
  }
  const formats = [
    ['--format=gnu'],
    ...['0.0', '0.1', '1.0'].map((it) => ['--format=posix', `--sparse-version=${it}`]),
  ];
  for (const format of formats) {
    const archive = execFileSync(
      'tar',
      ['--create', '--sparse', '--hole-detection=raw', ...format, '--directory', dir, ...files.keys()],
      { maxBuffer: 1e8 },
    );
    assert(archive.length < 400_000, `${format}: holes are not in the archive`);
    for (const step of [archive.length, 512, 997]) {
      const found = read(archive, step);
      assert.deepEqual([...found.keys()], [...files.keys()], `${format}`);
      for (const [name, content] of files)
        assert(found.get(name)?.equals(content), `${format} ${name} ${step}`);
    }
  }
});

test('maps that contradict themselves are refused', () => {
  const sparse = (records: Record<string, string>, content = '', typeFlag = '0') => {
    const pax = encodePaxRecords(
      new Map(Object.entries(records).map(([key, value]) => [`GNU.sparse.${key}`, value])),
    );
    const filled = Buffer.alloc(512 * Math.ceil(pax.length / 512));
    pax.copy(filled);
    const data = Buffer.alloc(512 * Math.ceil(content.length / 512));
    data.write(content);
    return Buffer.concat([
      encodeHeaderBlock({ ...block, size: pax.length, typeFlag: 'x' }),
      filled,
      encodeHeaderBlock({ ...block, size: content.length, typeFlag }),
      data,
    ]);
  };
  const v01 = { major: '0', minor: '1' };
  assert.deepEqual(
    read(sparse({ ...v01, size: '6', numblocks: '2', map: '1,2,5,1', name: 'real' }, 'abc')),
    new Map([['real', Buffer.from('\0ab\0\0c')]]),
  );
  // Records alone do not make a file sparse.
  assert.deepEqual([...read(sparse({ name: 'real', size: '6' }, 'abc')).keys()], ['f']);
  const cases: [archive: Buffer, message: RegExp][] = [
    [
      sparse({ ...v01, size: '6', numblocks: '3', map: '1,2,5,1' }, 'abc'),
      /^f: the map .* length that it says/,
    ],
    [sparse({ ...v01, size: '6', map: '1,2' }, 'ab'), /length that it says/],
    [sparse({ ...v01, size: '6', numblocks: '2', map: '5,1,1,2' }, 'abc'), /overlap or are outside/],
    [sparse({ ...v01, size: '6', numblocks: '1', map: '4,3' }, 'abc'), /overlap or are outside/],
    [sparse({ ...v01, size: '6', numblocks: '1', map: '1,2' }, 'abc'), /not as many bytes as its map/],
    [sparse({ ...v01, size: '6', numblocks: '1', map: '1,5' }, 'abc'), /not as many bytes as its map/],
    [sparse({ ...v01, size: '6', numblocks: '1', map: '-1,3' }, 'abc'), /malformed map/],
    [sparse({ ...v01, size: '99999999999999999999', numblocks: '0' }), /malformed map/],
    [
      sparse({ major: '1', minor: '0', realsize: '6' }, 'x\n'),
      /a sparse file ends before its map|malformed map/,
    ],
    [
      sparse({ major: '1', minor: '0', realsize: '6' }, `999\n${'0\n'.repeat(200)}`.padEnd(512)),
      /ends before its map|truncated/,
    ],
  ];
  for (const [archive, message] of cases) assert.throws(() => read(archive), { name: 'TarError', message });
});
