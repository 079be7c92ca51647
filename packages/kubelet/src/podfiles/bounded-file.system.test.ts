import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bindMount, detachBelow, mount, mountsBelow } from '@berth/linux/mounts/mount.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { testOptions } from '../testing/options.ts';
import { tearDownPodDir } from '../volumes/pod-dir.ts';
import { mountBoundedFile, removeBoundedFile, writeBoundedFile } from './bounded-file.ts';

const mebibyte = 1024 * 1024;

/** A folder for files, whose mounts go with it. */
function folder() {
  const scratch = scratchDir('bounded');
  return {
    ...scratch,
    [Symbol.dispose]() {
      detachBelow(scratch.path);
      scratch[Symbol.dispose]();
    },
  };
}

/** Writes 4 MiB over a file, piece by piece, and tells how large it became. */
function fill(path: string): number {
  const { stderr } = spawnSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=64k', 'count=64', 'conv=notrunc'], {
    encoding: 'utf8',
  });
  assert.match(stderr, /No space left on device/);
  return statSync(path).size;
}

test('a file is written in place, holds a megabyte more, and is no program for anybody', () => {
  using scratch = folder();
  const path = join(scratch.path, 'file');
  writeBoundedFile(path, 'one', 0o666);
  assert.equal(statSync(path).mode & 0o777, 0o666);
  assert.deepEqual(readdirSync(scratch.path), ['file']);
  assert.deepEqual(
    mountsBelow(scratch.path).map(({ mountPoint }) => mountPoint),
    [path],
  );
  // As a container has it.
  const inContainer = join(scratch.path, 'seen');
  writeFileSync(inContainer, '');
  bindMount(path, inContainer);
  writeBoundedFile(path, 'two', 0o666);
  assert.equal(readFileSync(inContainer, 'utf8'), 'two');

  const size = fill(inContainer);
  assert.ok(size >= mebibyte && size < 1.1 * mebibyte, `${size} bytes`);
  writeBoundedFile(path, 'three', 0o666);
  assert.equal(readFileSync(inContainer, 'utf8'), 'three');

  writeFileSync(path, '#!/bin/sh\necho reached\n');
  chmodSync(path, 0o4777);
  chmodSync(scratch.path, 0o755);
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const { error, status, stdout } = spawnSync('setpriv', [...user, path], { encoding: 'utf8' });
  assert.deepEqual([error, status, stdout], [undefined, 126, '']);
});

test('what does not fit any more gets a new file, and a large one its room', () => {
  using scratch = folder();
  const path = join(scratch.path, 'file');
  writeBoundedFile(path, 'small', 0o644);
  const before = openSync(path, 'r');
  try {
    const large = 'x'.repeat(3 * mebibyte);
    writeBoundedFile(path, large, 0o644);
    assert.equal(statSync(path).size, large.length);
    assert.equal(mountsBelow(scratch.path).length, 1);
  } finally {
    closeSync(before);
  }
  removeBoundedFile(path);
  removeBoundedFile(path);
  assert.deepEqual([readdirSync(scratch.path), mountsBelow(scratch.path)], [[], []]);
});

for (const [whose, make] of [
  ['the file', (path: string) => writeBoundedFile(path, 'old', 0o644)],
  ['the file of an older kubelet', (path: string) => writeFileSync(path, 'old')],
] as const) {
  test(`a container that holds a lease on ${whose} does not make the kubelet wait`, async () => {
    using scratch = folder();
    const path = join(scratch.path, 'file');
    make(path);
    // F_SETLEASE with F_RDLCK: who opens the file to write waits until the lease is given back or runs out.
    const script =
      '$SIG{IO} = "IGNORE"; open F, $ARGV[0]; fcntl(F, 1024, 0) or die $!; $| = 1; print "leased"; sleep 60';
    const holder = spawn('perl', ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      assert.equal(String(await once(holder.stdout, 'data')), 'leased');
      const started = performance.now();
      writeBoundedFile(path, 'new', 0o644);
      assert.ok(performance.now() - started < 5000, 'it waited for the lease');
      assert.equal(readFileSync(path, 'utf8'), 'new');
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
  });
}

test('what a kubelet that was killed left is taken up, and the file of an older kubelet stays with its containers', () => {
  using scratch = folder();
  const path = join(scratch.path, 'file');
  writeFileSync(path, 'of an older kubelet');
  const inContainer = join(scratch.path, 'seen');
  writeFileSync(inContainer, '');
  bindMount(path, inContainer);
  mkdirSync(`${path}.tmpfs`);
  mount({ source: 'tmpfs', target: `${path}.tmpfs`, fstype: 'tmpfs' });
  writeFileSync(join(`${path}.tmpfs`, 'file'), 'half');
  writeBoundedFile(path, 'new', 0o644);
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(readFileSync(inContainer, 'utf8'), 'of an older kubelet');
  assert.equal(existsSync(`${path}.tmpfs`), false);
});

test('the folder of a pod goes with its mounts where the root directory is a symbolic link', async () => {
  using scratch = folder();
  mkdirSync(join(scratch.path, 'real/pods/u'), { recursive: true });
  symlinkSync('real', join(scratch.path, 'link'));
  const roots = testOptions({ rootDir: join(scratch.path, 'link') });
  mountBoundedFile(join(roots.rootDir, 'pods/u/etc-hosts'), 'x', 0o644);
  mkdirSync(join(roots.rootDir, 'pods/u/memory'));
  mount({ source: 'tmpfs', target: join(roots.rootDir, 'pods/u/memory'), fstype: 'tmpfs' });
  await tearDownPodDir('u', roots);
  await tearDownPodDir('u', roots);
  assert.deepEqual(mountsBelow(scratch.path), []);
  assert.deepEqual(readdirSync(join(roots.rootDir, 'pods')), []);
});
