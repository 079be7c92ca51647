// File locks: lockFile admits one daemon per directory, lockDirectory needs no file for it, whileLocked shares a file
// with other programs, and writeLockHolder names the process that holds SQLite's.
import { closeSync, constants, fchmodSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { libcFunction } from '../syscall/libc.ts';

const flock = libcFunction('flock', ['int', 'int']);

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Pause between two attempts to take a lock. */
const pauseMs = 20;
/** The same for locks that are held for a few system calls. */
const sharedPauseMs = 2;

/**
 * Locks a file for this process, until disposal or the end of the process; creates the file when missing. Child processes
 * do not inherit the lock. The file must be private, in a private directory (makePrivateDirectory), because every
 * process that can open a file can lock it.
 *
 * @param waitMs how long to wait for a killed holder to exit
 * @returns undefined when another process still holds the lock
 * @throws Error when the path is not a file of this user
 *
 * @example
 * const lock = await lockFile('daemon.lock');
 * assert.ok(lock !== undefined);
 * assert.equal(await lockFile('daemon.lock'), undefined);
 * lock[Symbol.dispose]();
 * assert.ok(await lockFile('daemon.lock'));
 */
export async function lockFile(path: string, { waitMs = 0 } = {}): Promise<Disposable | undefined> {
  for (const deadline = performance.now() + waitMs; ; await delay(pauseMs)) {
    const descriptor = openPrivateFile(path);
    try {
      flock(path, descriptor, LOCK_EX | LOCK_NB);
      // The file may have been removed and created again meanwhile; the lock would be on the removed file.
      if (isFileAt(path, descriptor)) return { [Symbol.dispose]: () => closeSync(descriptor) };
    } catch (error) {
      if (!hasCode(error, 'EAGAIN')) {
        closeSync(descriptor);
        throw error;
      }
    }
    closeSync(descriptor);
    if (performance.now() >= deadline) return undefined;
  }
}

/**
 * Locks a directory for this process, until disposal or the end of the process, without a file. Every process that can
 * list the directory can lock it.
 *
 * @returns undefined when another process holds the lock
 * @throws Error when the directory does not exist
 */
export function lockDirectory(path: string): Disposable | undefined {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  let isLocked = false;
  try {
    isLocked = tryLock(path, descriptor);
  } finally {
    if (!isLocked) closeSync(descriptor);
  }
  return isLocked ? { [Symbol.dispose]: () => closeSync(descriptor) } : undefined;
}

/**
 * Runs `work` while this process has the lock of a file that programs of others lock too; creates the file when missing.
 *
 * @param waitMs how long to wait for another holder
 * @throws Error when another process still holds the lock
 */
export async function whileLocked<T>(path: string, waitMs: number, work: () => T): Promise<T> {
  const { O_RDONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
  try {
    for (const deadline = performance.now() + waitMs; ; await delay(sharedPauseMs)) {
      if (tryLock(path, descriptor)) return work();
      if (performance.now() >= deadline) throw new Error(`${path} is locked by another process`);
    }
  } finally {
    closeSync(descriptor);
  }
}

function tryLock(path: string, descriptor: number): boolean {
  try {
    flock(path, descriptor, LOCK_EX | LOCK_NB);
    return true;
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) return false;
    throw error;
  }
}

/** Opens a file and makes it private; Node opens all files close-on-exec. */
function openPrivateFile(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.uid !== process.geteuid?.()) {
      throw new Error(`${path} is not a file of this user; remove it`);
    }
    fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function isFileAt(path: string, descriptor: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  const opened = fstatSync(descriptor);
  return found !== undefined && found.ino === opened.ino && found.dev === opened.dev;
}

/**
 * The process that holds a write lock of fcntl(2) on a file, as SQLite takes them; undefined when none does. Taking one
 * needs write permission for the file.
 */
export function writeLockHolder(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return undefined;
  return findWriteLock(readFileSync('/proc/locks', 'utf8'), stats);
}

/** Searches the text of /proc/locks, where devices are MAJOR:MINOR in hexadecimal. */
export function findWriteLock(
  locks: string,
  { dev, ino }: { readonly dev: bigint; readonly ino: bigint },
): number | undefined {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const hex = (number: bigint) => number.toString(16).padStart(2, '0');
  const file = `${hex(major)}:${hex(minor)}:${ino}`;
  for (const line of locks.split('\n')) {
    const [, kind, , access, pid, where] = line.trim().split(/\s+/);
    if (kind === 'POSIX' && access === 'WRITE' && where === file) return Number(pid);
  }
  return undefined;
}
