// Whether somebody writes to a file, by a lease: see F_SETLEASE in fcntl(2).
import { closeSync, constants, openSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { libcFunction } from '../syscall/libc.ts';

const fcntl = libcFunction('fcntl', ['int', 'int', 'long']);

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;
/** Ignored by default: who opens the file for writing in the moment of the lease must not end this process. */
const SIGURG = 23;

/**
 * Whether a process has the file open for writing. Undefined when that cannot be known: the file is absent or no regular
 * one, its file system has no leases, or this process may not take one (CAP_LEASE, or its owner).
 */
export function isOpenForWriting(path: string): boolean | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    fcntl(path, descriptor, F_SETSIG, SIGURG);
    fcntl(path, descriptor, F_SETLEASE, F_RDLCK);
    fcntl(path, descriptor, F_SETLEASE, F_UNLCK);
    return false;
  } catch (error) {
    return hasCode(error, 'EAGAIN') ? true : undefined;
  } finally {
    closeSync(descriptor);
  }
}
