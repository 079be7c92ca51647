import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { closeDescriptor } from '../syscall/libc.ts';
import { type CopyOptions, copyTree } from './copy-tree.ts';

const scratch = scratchDir('copy-tree');
after(() => scratch[Symbol.dispose]());
let count = 0;

/** Two new directories, and a copy of `from/NAME` to `to/NAME`. */
function places() {
  const dir = join(scratch.path, String(count++));
  const [from, to] = [join(dir, 'from'), join(dir, 'to')];
  for (const each of [from, to]) mkdirSync(each, { recursive: true });
  const skipped: string[] = [];
  const copy = async (name: string, options: Partial<CopyOptions> = {}) => {
    const source = openSync(join(from, name), O_PATH);
    const directory = openSync(to, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await copyTree(source, { directory, name: Buffer.from(name) }, name, {
        skipped: (path, reason) => skipped.push(`${path}: ${reason}`),
        ...options,
      });
    } finally {
      closeDescriptor(source);
      closeDescriptor(directory);
    }
  };
  return { from, to, skipped, copy };
}

test('a tree with names of any bytes, links and holes', async () => {
  const { from, to, copy, skipped } = places();
  mkdirSync(join(from, 'a/b'), { recursive: true, mode: 0o750 });
  writeFileSync(Buffer.concat([Buffer.from(join(from, 'a/')), Buffer.from([0xff])]), 'bytes', {
    mode: 0o4711,
  });
  writeFileSync(join(from, 'a/hole'), 'x');
  truncateSync(join(from, 'a/hole'), 1 << 26);
  symlinkSync('/etc/passwd', join(from, 'a/b/link'));
  execFileSync('mkfifo', [join(from, 'a/fifo')]);
  await copy('a');
  assert.deepEqual(readdirSync(join(to, 'a'), { encoding: 'latin1' as BufferEncoding }).sort(), [
    'b',
    'hole',
    'ÿ',
  ]);
  assert.equal(statSync(join(to, 'a')).mode & 0o777, 0o750);
  const hole = statSync(join(to, 'a/hole'));
  assert(hole.size === 1 << 26 && hole.blocks * 512 < 3_000_000, `${hole.blocks}`);
  assert(lstatSync(join(to, 'a/b/link')).isSymbolicLink());
  assert.deepEqual(skipped, ['a/fifo: a FIFO']);
});

test('a copy into a tree that is there follows no link of it', async () => {
  const { from, to, copy } = places();
  const outside = join(scratch.path, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'outside');
  mkdirSync(join(from, 'a/dir'), { recursive: true });
  writeFileSync(join(from, 'a/file'), 'new');
  mkdirSync(join(to, 'a'));
  symlinkSync(join(outside, 'file'), join(to, 'a/file'));
  symlinkSync(outside, join(to, 'a/dir'));
  writeFileSync(join(from, 'a/dir/evil'), 'evil');
  await assert.rejects(copy('a'), { code: /ELOOP|ENOTDIR/ });
  await copy('a').catch(() => {});
  assert.deepEqual(readdirSync(outside), ['file']);
  assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'outside');
});

test('with the permissions of another user, and owned by it', async () => {
  const { from, to, copy } = places();
  writeFileSync(join(from, 'file'), 'x', { mode: 0o600 });
  const user = { uid: 1234, gid: 5678 };
  await assert.rejects(copy('file', { user }), { code: 'EACCES' });
  execFileSync('chown', ['1234', to]);
  await copy('file', { user });
  const { uid, gid, mode } = statSync(join(to, 'file'));
  assert.deepEqual([uid, gid, mode & 0o777], [1234, 5678, 0o600]);
  // This thread is root again.
  writeFileSync(join(from, 'after'), '');
  assert.equal(statSync(join(from, 'after')).uid, 0);
});

test('a tree that is too deep ends with an error', async () => {
  const { from, copy } = places();
  mkdirSync(join(from, 'd/'.repeat(300)), { recursive: true });
  await assert.rejects(copy('d'), /more than 200 directories deep/);
});
