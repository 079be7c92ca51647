import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startProcess } from '../processes/spawn.ts';
import { findWriteLock, lockFile } from './file-lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-file-lock-'));
after(() => rmSync(dir, { recursive: true }));

/** A process that has taken a lock. */
async function holder(path: string): Promise<ChildProcess> {
  const script = `
    const { lockFile } = await import(${JSON.stringify(new URL('./file-lock.ts', import.meta.url).href)});
    console.log(await lockFile(${JSON.stringify(path)}) ? 'locked' : 'not locked');
    setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  assert.equal(String(line).trim(), 'locked');
  return child;
}

test('a file lock is one process’s, and is free again when that is killed', async () => {
  const path = join(dir, 'killed');
  const child = await holder(path);
  assert.equal(await lockFile(path), undefined);
  const freed = lockFile(path, { waitMs: 10_000 });
  child.kill('SIGKILL');
  using lock = await freed;
  assert.ok(lock !== undefined);
  assert.equal(await lockFile(path), undefined);
});

test('the file of a lock is its owner’s alone, whatever the umask', async () => {
  const path = join(dir, 'mode');
  const before = process.umask(0);
  try {
    using _lock = await lockFile(path);
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a program that the holder starts does not keep the lock', async () => {
  const path = join(dir, 'inherited');
  const lock = await lockFile(path);
  const sleeping = [
    startProcess({ path: '/bin/sleep', args: ['60'], env: {}, descriptors: ['null', 'null', 'null'] }),
    spawn('/bin/sleep', ['60']),
  ];
  try {
    lock?.[Symbol.dispose]();
    // Until its exec a child has the descriptor still; sleep lives for longer than this waits.
    using again = await lockFile(path, { waitMs: 10_000 });
    assert.ok(again !== undefined);
  } finally {
    for (const { pid } of sleeping) process.kill(pid ?? 0, 'SIGKILL');
  }
});

test('a lock file that was removed does not let a second process in', async () => {
  const path = join(dir, 'removed');
  const first = await lockFile(path);
  const second = lockFile(path, { waitMs: 10_000 });
  rmSync(path);
  first?.[Symbol.dispose]();
  using lock = await second;
  assert.ok(lock !== undefined);
  assert.equal(await lockFile(path), undefined);
});

test('what stands in the place of a lock file is neither followed nor waited for', async () => {
  writeFileSync(join(dir, 'victim'), '');
  symlinkSync('victim', join(dir, 'link'));
  await assert.rejects(lockFile(join(dir, 'link')), /ELOOP/);
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  await assert.rejects(lockFile(join(dir, 'fifo')), /fifo is not a file of this user; remove it/);
});

test('write locks of fcntl are found in /proc/locks, others not', () => {
  const locks = `1: POSIX  ADVISORY  READ 11 fe:01:77 0 EOF
2: FLOCK  ADVISORY  WRITE 12 fe:01:77 0 EOF
3: POSIX  ADVISORY  WRITE 13 fe:01:78 0 EOF
4: POSIX  ADVISORY  WRITE 14 00:1b:77 1073741824 1073742335
5: -> POSIX  ADVISORY  WRITE 15 fe:01:77 0 EOF
`;
  assert.equal(findWriteLock(locks, { dev: 0xfe01n, ino: 77n }), undefined);
  assert.equal(findWriteLock(locks, { dev: 0xfe01n, ino: 78n }), 13);
  assert.equal(findWriteLock(locks, { dev: 0x1bn, ino: 77n }), 14);
});
