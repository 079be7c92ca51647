import { lchownSync } from 'node:fs';
import { asSyscallError } from '../syscall/errno.ts';

/** Sets owner and group of a file; of a symbolic link, its own. The kernel clears set-id bits of files. */
export function lchown(path: string, uid: number, gid: number): void {
  try {
    lchownSync(path, uid, gid);
  } catch (error) {
    throw asSyscallError(error);
  }
}
