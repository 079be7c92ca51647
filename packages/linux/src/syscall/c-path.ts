/** A path as a NUL-terminated C string. A file name is bytes, which need not be UTF-8. */
export function cPath(path: string | Buffer): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.alloc(1)]);
}
