// Extended attributes by FFI: Node.js has no calls for them.
import { hasCode } from '@berth/common/error-code.ts';
import { cPath } from '../syscall/c-path.ts';
import { libcFunction } from '../syscall/libc.ts';
import { childPath } from './open-child.ts';

const lsetxattr = libcFunction('lsetxattr', ['void *', 'str', 'void *', 'size_t', 'int']);
const lgetxattr = libcFunction('lgetxattr', ['void *', 'str', 'void *', 'size_t'], 'long');
const llistxattr = libcFunction('llistxattr', ['void *', 'void *', 'size_t'], 'long');
const lremovexattr = libcFunction('lremovexattr', ['str', 'str']);

/** Limits of the kernel, so that one call always suffices. */
const maxValueBytes = 64 * 1024;
const maxListBytes = 64 * 1024;

/**
 * Sets an extended attribute, e.g. `trusted.overlay.opaque`. Symbolic links are not followed.
 *
 * @param path bytes when it is not UTF-8, here and in the other functions
 */
export function setXattr(path: string | Buffer, name: string, value: Uint8Array | string): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  lsetxattr(`${path} ${name}`, cPath(path), name, bytes, bytes.length, 0);
}

/** As setXattr, for an entry of an open directory. */
export function setXattrOfChild(
  directory: number,
  child: Buffer,
  name: string,
  value: Uint8Array | string,
): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const path = cPath(childPath(directory, child));
  lsetxattr(`${JSON.stringify(child.toString())} ${name}`, path, name, bytes, bytes.length, 0);
}

/** `undefined` when the file has no such attribute. */
export function getXattr(path: string | Buffer, name: string): Buffer | undefined {
  const buffer = Buffer.alloc(maxValueBytes);
  try {
    const length = lgetxattr(`${path} ${name}`, cPath(path), name, buffer, buffer.length);
    return Buffer.from(buffer.subarray(0, length));
  } catch (error) {
    if (hasCode(error, 'ENODATA')) return undefined;
    throw error;
  }
}

/** The names of a file's extended attributes that this process may see. */
export function listXattrs(path: string | Buffer): string[] {
  const buffer = Buffer.alloc(maxListBytes);
  const length = llistxattr(path.toString(), cPath(path), buffer, buffer.length);
  return buffer
    .toString('utf8', 0, length)
    .split('\0')
    .filter((name) => name !== '');
}

/** Removes an extended attribute; succeeds when there is none. */
export function removeXattr(path: string, name: string): void {
  try {
    lremovexattr(`${path} ${name}`, path, name);
  } catch (error) {
    if (!hasCode(error, 'ENODATA')) throw error;
  }
}
