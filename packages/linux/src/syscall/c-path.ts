/** A path as C takes it: a name is bytes, and not all are UTF-8. */
export function cPath(path: string | Buffer): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.alloc(1)]);
}
