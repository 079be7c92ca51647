import { constants, fstatSync } from 'node:fs';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';
import { openChild } from './open-child.ts';

const ioctl = libcFunction('ioctl', ['int', 'ulong', 'void *']);

/** The request numbers of 64-bit kernels; the argument is an int nevertheless. */
const fsIocGetflags = 0x80086601;
const fsIocSetflags = 0x40086602;
const fsImmutableFl = 0x10;
const fsAppendFl = 0x20;

/**
 * Clears the immutable and the append-only flag of a directory or file, with which not even root can change it.
 * False when it has neither, or they cannot be cleared.
 */
export function clearProtection(descriptor: number): boolean {
  const flags = new Uint8Array(8);
  const view = new DataView(flags.buffer);
  try {
    ioctl('FS_IOC_GETFLAGS', descriptor, fsIocGetflags, flags);
    const before = view.getUint32(0, true);
    const after = before & ~(fsImmutableFl | fsAppendFl);
    if (before === after) return false;
    view.setUint32(0, after, true);
    ioctl('FS_IOC_SETFLAGS', descriptor, fsIocSetflags, flags);
    return true;
  } catch {
    // The file system has no inode flags, or this process lacks CAP_LINUX_IMMUTABLE.
    return false;
  }
}

/** As clearProtection, for an entry of an open directory. Opens no device and follows no link. */
export function clearProtectionOf(directory: number, name: Buffer): boolean {
  let seen: number;
  try {
    seen = openChild(directory, name, O_PATH);
  } catch {
    return false;
  }
  let opened: number | undefined;
  try {
    const stats = fstatSync(seen);
    if (!stats.isFile() && !stats.isDirectory()) return false;
    opened = openChild(directory, name, constants.O_RDONLY | constants.O_NONBLOCK);
    return clearProtection(opened);
  } catch {
    return false;
  } finally {
    if (opened !== undefined) closeDescriptor(opened);
    closeDescriptor(seen);
  }
}
