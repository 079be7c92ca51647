// struct sockaddr_un of unix(7).
import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

export const AF_UNIX = 1;
/** sizeof(sun_path), which includes a NUL. */
const pathBytes = 108;

/** A sockaddr_un: the family in host byte order, which is little-endian on all our architectures, then the path. */
export function unixAddress(path: string): Buffer {
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`;
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, Buffer.from(name)]);
}

/**
 * A sockaddr_un for a socket file at a path that may be longer than its 107 bytes: it names the file through
 * /proc/PID/fd of its open directory. Valid until disposal.
 */
export class UnixAddress implements Disposable {
  readonly bytes = Buffer.alloc(2 + pathBytes);
  /** The short path, valid for other processes of the host too. */
  readonly path: string;
  readonly #directory: number;

  /** @throws when the directory does not exist */
  constructor(path: string) {
    this.#directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    const name = basename(path);
    this.path = `/proc/${process.pid}/fd/${this.#directory}/${name}`;
    this.bytes.writeUInt16LE(AF_UNIX, 0);
    if (this.bytes.write(this.path, 2) >= pathBytes) throw new Error(`${name}: too long for a socket's name`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#directory);
  }
}
