// Extended attributes and times of a layer's files.

import { hasCode } from '@berth/common/error-code.ts';
import { setXattr } from '@berth/linux/files/xattr.ts';
import type { TarHeader } from '../tar/entry.ts';
import { encodeFileName as native } from '../tar/file-name.ts';

/** Sets the xattrs of an entry, but not those that overlayfs interprets. */
export function setXattrs(path: string, { type, xattrs }: TarHeader): void {
  for (const [name, value] of xattrs ?? []) {
    // An image must not set overlayfs's own attributes: they could redirect or hide other files. No runtime sets
    // other trusted.* attributes either.
    if (/^(?:trusted|user\.overlay)\./.test(name)) continue;
    try {
      setXattr(native(path), name, value);
    } catch (error) {
      // Only files and directories can have user.* attributes.
      const isForFiles = name.startsWith('user.') && type !== 'file' && type !== 'directory';
      if (isForFiles && hasCode(error, 'EPERM')) continue;
      // The file system has no such attributes: continue without, as other runtimes do.
      if (!hasCode(error, 'ENOTSUP', 'EOPNOTSUPP')) throw error;
    }
  }
}

/** Makes a directory hide the directory of the same name in the layers below. */
export function setOpaque(path: string): void {
  setXattr(native(path), 'trusted.overlay.opaque', Buffer.from('y'));
}

/** Seconds since 1970; 0 for an earlier time and for one beyond 64 bits of nanoseconds, as in containerd. */
export function timeOf({ mtime }: TarHeader): number {
  return mtime >= 0 && mtime < 2 ** 63 / 1e9 ? mtime : 0;
}
