import { constants } from 'node:fs';
import { O_CLOEXEC } from '@berth/common/files/open-flags.ts';
import { systemCall } from '../syscall/libc.ts';

// A name is bytes: not all are UTF-8, and a string could not tell those apart.
const openat2 = systemCall('openat2', 437, ['int', 'void *', 'void *', 'size_t']);

const RESOLVE_NO_XDEV = 0x01n;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;

/**
 * Opens what an open directory holds by a name: no symbolic link is followed (ELOOP, or ENOTDIR with O_DIRECTORY),
 * and what is mounted there is not entered (EXDEV) unless `mounts` says so. The caller closes the descriptor.
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

/** Opens a directory that an open directory holds, for reading its names. As openChild otherwise. */
export function openChildDirectory(
  directory: number,
  name: Buffer,
  mounts: 'enter' | 'skip' = 'skip',
): number {
  return openChild(directory, name, constants.O_RDONLY | constants.O_DIRECTORY, mounts);
}

/** A path of what an open directory holds by a name, as long as that is open: never too long, whatever the name. */
export function childPath(directory: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name]);
}

function terminated(name: Buffer): Buffer {
  return Buffer.concat([name, Buffer.alloc(1)]);
}
