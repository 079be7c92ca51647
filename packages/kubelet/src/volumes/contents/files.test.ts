import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameFiles, type VolumeFile, withCleanPaths } from './files.ts';

const file: VolumeFile = { data: Buffer.from('x'), mode: 0o644 };
const clean = (path: string) => [...withCleanPaths(new Map([[path, file]])).keys()];

test('paths are brought to their shortest form', () => {
  for (const [path, short] of [
    ['a', 'a'],
    ['a/b', 'a/b'],
    ['./a//b/.', 'a/b'],
    ['a/..b', 'a/..b'],
    ['.hidden', '.hidden'],
    ['...', undefined],
    ['n'.repeat(255), 'n'.repeat(255)],
  ] as const) {
    if (short === undefined) assert.throws(() => clean(path), /must not start with '\.\.'/);
    else assert.deepEqual(clean(path), [short]);
  }
});

test('paths that lead elsewhere or are too long are refused', () => {
  for (const [path, message] of [
    ['', /must not be empty: ""$/],
    ['/etc/passwd', /must be relative path: \/etc\/passwd$/],
    ['..', /must not contain '\.\.': \.\.$/],
    ['a/../../b', /must not contain '\.\.': a\/\.\.\/\.\.\/b$/],
    ['..data', /must not start with '\.\.': \.\.data$/],
    ['./..data', /must not start with '\.\.'/],
    ['.', /must name a file/],
    ['a\0b', /must not contain a NUL/],
    ['n'.repeat(256), /filenames must be less than or equal to 255 characters$/],
    ['ä'.repeat(128), /filenames must be less than or equal to 255 characters$/],
    ['a/'.repeat(2049), /must be less than or equal to 4096 characters$/],
  ] as const) {
    assert.throws(() => clean(path), message);
  }
});

test('files are the same when paths, contents, modes and owners are', () => {
  const one = new Map([['a', file]]);
  const same = (change: Partial<VolumeFile>, path = 'a') =>
    sameFiles(one, new Map([[path, { ...file, ...change }]]));
  assert.ok(sameFiles(one, one));
  assert.ok(same({}));
  assert.ok(same({ data: Buffer.from('x') }));
  assert.ok(!same({ data: Buffer.from('y') }));
  assert.ok(!same({ mode: 0o600 }));
  assert.ok(!same({ user: 1 }));
  assert.ok(!same({}, 'b'));
  assert.ok(!sameFiles(one, new Map()));
});
