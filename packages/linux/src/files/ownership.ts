import { lchownSync } from 'node:fs';
import { asSyscallError } from '../syscall/errno.ts';

/** Sets owner and group of a file, or of a symbolic link itself. The kernel clears set-user-ID and set-group-ID bits. */
export function lchown(path: string, uid: number, gid: number): void {
  try {
    lchownSync(path, uid, gid);
  } catch (error) {
    throw asSyscallError(error);
  }
}
