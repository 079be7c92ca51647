import { constants, fstatSync, readSync } from 'node:fs';
import { hasCode } from '@berth/linux/errno.ts';
import { closeDescriptor } from '@berth/linux/libc.ts';
import { openInRoot } from '@berth/linux/safe-path.ts';
import { RuntimeError } from '../../errors.ts';

/** Far more than any real one; what comes from an image must not fill berthd's memory. */
const MAX_BYTES = 4 << 20;

/**
 * Reads /etc/passwd and /etc/group of a root file system, symbolic links resolved within it. Both are empty
 * when there is no such file, as in an image of a single static binary.
 */
export function readUserFiles(rootfsPath: string): { passwd: string; group: string } {
  return { passwd: readInRoot(rootfsPath, 'etc/passwd'), group: readInRoot(rootfsPath, 'etc/group') };
}

function readInRoot(root: string, path: string): string {
  let descriptor: number;
  try {
    // Without blocking, since an image may have a fifo by that name.
    descriptor = openInRoot(root, path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return '';
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > MAX_BYTES) {
      throw new RuntimeError(
        'FAILED_PRECONDITION',
        `/${path} of the image is not a file of at most ${MAX_BYTES} bytes`,
      );
    }
    const content = Buffer.alloc(stats.size);
    return content.toString('utf8', 0, readSync(descriptor, content, 0, content.length, 0));
  } finally {
    closeDescriptor(descriptor);
  }
}
