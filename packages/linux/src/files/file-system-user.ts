// setfsuid(2): file system calls of one thread as another user.
import { libcFunction } from '../syscall/libc.ts';

const setfsuid = libcFunction('setfsuid', ['uint']);
const setfsgid = libcFunction('setfsgid', ['uint']);

/**
 * Runs a function whose synchronous file system calls have the permissions of this user and group, and make files that
 * belong to them: also on an idmapped mount, which has no place for other users. Asynchronous calls are not affected.
 */
export function asFileSystemUser<T>({ uid, gid }: { uid: number; gid: number }, run: () => T): T {
  // Both return the previous id and no error; the group first, which another user may not set.
  const previousGid = setfsgid(String(gid), gid);
  const previousUid = setfsuid(String(uid), uid);
  try {
    return run();
  } finally {
    setfsuid('back', previousUid);
    setfsgid('back', previousGid);
  }
}
