import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { mknod } from '@berth/linux/mknod.ts';

/** Both ends of a pipe as descriptors. */
export interface Pipe {
  readEnd: number;
  writeEnd: number;
}

/**
 * Makes a real pipe by way of a fifo at `path`, which is gone when this returns. The `pipe` that Node gives to
 * a child is a socket, which a program cannot open again: `echo > /dev/stdout` would fail in it.
 */
export function makePipe(path: string): Pipe {
  mknod(path, { type: 'fifo', mode: 0o600 });
  try {
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
    } catch (error) {
      closeSync(readEnd);
      throw error;
    }
  } finally {
    unlinkSync(path);
  }
}
