// Maps a device number to its path, because metrics name the devices of I/O counters by path.
import { readFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';

/** The path of a block device by its number, e.g. `/dev/vda`; `MAJOR:MINOR` when it no longer exists. */
export function blockDevicePath(major: number, minor: number): string {
  const number = `${major}:${minor}`;
  try {
    const name = /^DEVNAME=(.+)$/m.exec(readFileSync(`/sys/dev/block/${number}/uevent`, 'utf8'))?.[1];
    return name === undefined ? number : `/dev/${name}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV')) return number;
    throw asSyscallError(error);
  }
}
