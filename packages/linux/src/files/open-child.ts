// openat2(2) for one entry of an open directory, by a name of any bytes.
import { constants } from 'node:fs';
import { O_CLOEXEC } from '@berth/common/files/open-flags.ts';
import { systemCall } from '../syscall/libc.ts';

// The name is a buffer, because different names that are not UTF-8 can decode to the same string.
const openat2 = systemCall('openat2', 437, ['int', 'void *', 'void *', 'size_t']);

const RESOLVE_NO_XDEV = 0x01n;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;

/**
 * Opens an entry of an open directory. Refuses a symbolic link (ELOOP, or ENOTDIR with O_DIRECTORY), and a mount
 * (EXDEV) unless `mounts` allows it. The caller closes the descriptor.
 *
 * @param name without `/`; `..` is the directory's parent
 * @param flags of open(2), from fs.constants
 */
export function openChild(
  directory: number,
  name: Buffer,
  flags: number,
  mounts: 'enter' | 'skip' = 'skip',
): number {
  const how = new BigUint64Array([
    BigInt(flags | constants.O_NOFOLLOW | O_CLOEXEC),
    0n,
    RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | (mounts === 'skip' ? RESOLVE_NO_XDEV : 0n),
  ]);
  const bytes = new Uint8Array(how.buffer);
  return openat2(JSON.stringify(name.toString()), directory, terminated(name), bytes, bytes.length);
}

/** As openChild, for a subdirectory whose entries are to be read. */
export function openChildDirectory(
  directory: number,
  name: Buffer,
  mounts: 'enter' | 'skip' = 'skip',
): number {
  return openChild(directory, name, constants.O_RDONLY | constants.O_DIRECTORY, mounts);
}

/** A short path of an entry of an open directory, by /proc/self/fd; valid while the directory is open. */
export function childPath(directory: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name]);
}

function terminated(name: Buffer): Buffer {
  return Buffer.concat([name, Buffer.alloc(1)]);
}
