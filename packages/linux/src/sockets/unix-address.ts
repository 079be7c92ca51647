import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

export const AF_UNIX = 1;
/** What `sun_path` holds, its NUL included. */
const pathBytes = 108;

/** A sockaddr_un: the family in the host's byte order (all of Node's are little-endian here), then the path. */
export function unixAddress(path: string): Buffer {
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`;
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, Buffer.from(name)]);
}

/**
 * A `sockaddr_un` for a socket file. It goes through the open directory of the file, so that the path may be
 * longer than the 107 bytes of such an address; good until it is disposed of.
 */
export class UnixAddress implements Disposable {
  readonly bytes = Buffer.alloc(2 + pathBytes);
  /** A short name of the socket, as other processes of the host know it. */
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
