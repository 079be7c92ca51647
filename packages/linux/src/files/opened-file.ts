// Reading through a descriptor of O_PATH, as safe-path.ts opens them.
import {
  type ReadOptions,
  readEndOfDescriptor,
  readRegularDescriptor,
} from '@berth/common/files/regular-file.ts';
import { closeDescriptor } from '../syscall/libc.ts';

/**
 * Reads the regular file that a descriptor of O_PATH stands for, and closes the descriptor.
 *
 * @param about the file, for messages
 * @throws UnsuitableFileError
 */
export function readOpenedFile(descriptor: number, about: string, options: ReadOptions): Buffer {
  try {
    return readRegularDescriptor(descriptor, about, options);
  } finally {
    closeDescriptor(descriptor);
  }
}

/** The last bytes of the regular file that a descriptor of O_PATH stands for, at most `maxBytes`; closes it. */
export async function readEndOfOpenedFile(
  descriptor: number,
  about: string,
  options: Pick<ReadOptions, 'maxBytes'>,
): Promise<Buffer> {
  try {
    return await readEndOfDescriptor(descriptor, about, options);
  } finally {
    closeDescriptor(descriptor);
  }
}
