import { O_CLOEXEC } from '@berth/common/files/open-flags.ts';
import { libcFunction } from '../syscall/libc.ts';

const pipe2Call = libcFunction('pipe2', ['void *', 'int']);

/** pipe2(2) with O_CLOEXEC; `purpose` is for the error. */
export function pipe(purpose: string): { readEnd: number; writeEnd: number } {
  const ends = Buffer.alloc(8);
  pipe2Call(purpose, ends, O_CLOEXEC);
  return { readEnd: ends.readInt32LE(0), writeEnd: ends.readInt32LE(4) };
}
