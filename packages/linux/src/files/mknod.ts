import { chmodSync } from 'node:fs';
import { cPath } from '../syscall/c-path.ts';
import { libcFunction } from '../syscall/libc.ts';

const mknodCall = libcFunction('mknod', ['void *', 'uint', 'ulong']);

const typeBits = { fifo: 0o010000, character: 0o020000, block: 0o060000, socket: 0o140000 } as const;

/** A special file; `mode` is its permissions, independent of the umask. */
export type SpecialFile =
  | { type: 'character' | 'block'; major: number; minor: number; mode: number }
  | { type: 'fifo' | 'socket'; mode: number };

/**
 * Creates a device node, FIFO or socket file. Fails with EEXIST when the path exists.
 *
 * @param path bytes when it is not UTF-8
 */
export function mknod(path: string | Buffer, file: SpecialFile): void {
  const device = 'major' in file ? makeDevice(file.major, file.minor) : 0n;
  const permissions = file.mode & 0o7777;
  mknodCall(path.toString(), cPath(path), typeBits[file.type] | permissions, device);
  chmodSync(path, permissions);
}

/** The number of a device as stat(2) reports it, see makedev(3). */
export function makeDevice(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return (
    ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
  );
}

/** The reverse of `makeDevice`, for `rdev` and `dev` of fs.Stats. */
export function splitDevice(device: number | bigint): { major: number; minor: number } {
  const bits = BigInt(device);
  return {
    major: Number(((bits >> 32n) & 0xfffff000n) | ((bits >> 8n) & 0xfffn)),
    minor: Number(((bits >> 12n) & 0xffffff00n) | (bits & 0xffn)),
  };
}
