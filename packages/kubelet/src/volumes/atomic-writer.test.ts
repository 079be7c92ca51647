import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { writeAtomically } from './atomic-writer.ts';
import type { VolumeFile } from './contents/files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'atomic-writer-'));
after(() => rmSync(scratch, { recursive: true }));
let volume = '';
beforeEach(() => {
  volume = mkdtempSync(join(scratch, 'volume-'));
});

type Contents = Record<string, string>;

const filesOf = (contents: Contents, mode = 0o640) =>
  new Map<string, VolumeFile>(
    Object.entries(contents).map(([path, text]) => [path, { data: Buffer.from(text), mode }]),
  );
let permissionsSet = 0;
const write = (contents: Contents) =>
  writeAtomically(volume, filesOf(contents), async () => void permissionsSet++);
const version = () => readlinkSync(join(volume, '..data'));
const names = () => readdirSync(volume).sort();
const read = (path: string) => readFileSync(join(volume, path), 'utf8');

test('files are links into the current version', async () => {
  await write({ a: '1', 'd/e': '2', 'd/f/g': '3', './h': '4' });
  assert.deepEqual(names(), [version(), '..data', 'a', 'd', 'h']);
  assert.match(version(), /^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\w+$/);
  assert.equal(readlinkSync(join(volume, 'a')), '..data/a');
  assert.equal(readlinkSync(join(volume, 'd')), '..data/d');
  assert.deepEqual(['a', 'd/e', 'd/f/g', 'h'].map(read), ['1', '2', '3', '4']);
  assert.equal(statSync(join(volume, 'a')).mode & 0o7777, 0o640);
  assert.equal(statSync(join(volume, 'd')).mode & 0o7777, 0o755);
  assert.equal(statSync(join(volume, '..data')).mode & 0o7777, 0o755);
});

test('an update replaces the version, and removes what is gone', async () => {
  await write({ a: '1', b: '2', 'd/e': '3' });
  const before = version();
  await write({ a: '1', c: '4', 'd/f': '5' });
  assert.notEqual(version(), before);
  assert.deepEqual(names(), [version(), '..data', 'a', 'c', 'd']);
  assert.deepEqual(readdirSync(join(volume, 'd')), ['f']);
  await write({});
  assert.deepEqual(names(), [version(), '..data']);
});

test('the same files are not written again', async () => {
  await write({ a: '1', 'd/e': '2' });
  const before = version();
  permissionsSet = 0;
  await write({ 'd/e': '2', a: '1' });
  assert.equal(version(), before);
  assert.equal(permissionsSet, 0);
  await write({ 'd/e': '2', a: '2' });
  assert.notEqual(version(), before);
  assert.equal(permissionsSet, 1);
});

test('permissions are set before a container can see the files', async () => {
  await write({ a: '1' });
  await writeAtomically(volume, filesOf({ a: '2' }), async () => {
    const [fresh = ''] = names().filter((name) => /^\.\.\d/.test(name) && name !== version());
    assert.equal(read(`${fresh}/a`), '2');
    assert.equal(read('a'), '1');
  });
  assert.equal(read('a'), '2');
});

test('a failure leaves the old files', async () => {
  await write({ a: '1' });
  const before = names();
  const failing = writeAtomically(volume, filesOf({ a: '2' }), () => Promise.reject(new Error('no')));
  await assert.rejects(failing, /^Error: no$/);
  await assert.rejects(write({ a: '1', 'a/b': '2' }), /a\/b|ENOTDIR|EEXIST/);
  await assert.rejects(write({ '../x': '1' }), /must not contain '\.\.'/);
  assert.deepEqual(names(), before);
  assert.equal(read('a'), '1');
});

const remains: [what: string, make: () => void][] = [
  [
    'a version that was not published',
    () => mkdirSync(join(volume, '..2026_01_02_03_04_05.abcDEF/x'), { recursive: true }),
  ],
  [
    'a link that was not renamed',
    () => symlinkSync('..2026_01_02_03_04_05.abcDEF', join(volume, '..data_tmp')),
  ],
  ['a link to a file that is gone', () => symlinkSync('..data/gone', join(volume, 'gone'))],
  ['links that were not made', () => rmSync(join(volume, 'b'))],
  ['a torn file', () => writeFileSync(join(volume, version(), 'b'), '')],
  ['a lost file', () => rmSync(join(volume, version(), 'b'))],
  ['a file too many', () => writeFileSync(join(volume, version(), 'z'), '')],
  ['a lost version', () => rmSync(join(volume, version()), { recursive: true })],
  [
    'a foreign link',
    () => {
      rmSync(join(volume, '..data'));
      symlinkSync('/etc', join(volume, '..data'));
    },
  ],
];

for (const [what, make] of remains) {
  test(`a kill left ${what}`, async () => {
    await write({ a: '1', b: '2' });
    make();
    await write({ a: '1', b: '2' });
    assert.deepEqual(names(), [version(), '..data', 'a', 'b']);
    assert.deepEqual(readdirSync(join(volume, version())), ['a', 'b']);
    assert.deepEqual(['a', 'b'].map(read), ['1', '2']);
  });
}

test('what is not of the kubelet stays', async () => {
  mkdirSync(join(volume, 'nested'));
  symlinkSync('/elsewhere', join(volume, 'link'));
  await write({ a: '1' });
  assert.deepEqual(names(), [version(), '..data', 'a', 'link', 'nested']);
});

test('a reader never misses a file while versions change', async () => {
  await write({ a: '0' });
  let reads = 0;
  let done = false;
  const reader = (async () => {
    while (!done) {
      assert.match(read('a'), /^\d+$/);
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let round = 1; round <= 50; round++) await write({ a: `${round}` });
  done = true;
  await reader;
  assert.ok(reads > 50);
  assert.deepEqual(names(), [version(), '..data', 'a']);
});

test('a moved volume works on', async () => {
  await write({ a: '1' });
  renameSync(volume, `${volume}-moved`);
  volume = `${volume}-moved`;
  assert.equal(read('a'), '1');
});
