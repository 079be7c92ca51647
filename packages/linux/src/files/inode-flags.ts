// Clears `chattr +i` and `+a`, with which a container could prevent remove-tree.ts from deleting its files.
import { constants, fstatSync } from 'node:fs';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';
import { openChild } from './open-child.ts';

const ioctl = libcFunction('ioctl', ['int', 'ulong', 'void *']);

/** Request numbers on 64-bit kernels. They are declared for a long, but the kernel reads and writes an int. */
const fsIocGetflags = 0x80086601;
const fsIocSetflags = 0x40086602;
const fsImmutableFl = 0x10;
const fsAppendFl = 0x20;

/**
 * Clears the immutable and append-only flags of a directory or file, which prevent even root from changing it.
 * Returns false when neither flag is set, or they cannot be cleared.
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
