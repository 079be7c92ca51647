import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { UnsuitableFileError } from '@berth/common/files/regular-file.ts';
import { readOpenedFile } from '@berth/linux/files/opened-file.ts';
import { openInRoot } from '@berth/linux/files/safe-path.ts';
import { RuntimeError } from '../../rpc/errors.ts';

/** Maximum size of a file. No real one is as large, and files of an image must not fill berthd's memory. */
const largestFileBytes = 4 << 20;

/**
 * Reads /etc/passwd and /etc/group of a root file system, with symbolic links resolved within it. A missing file
 * reads as empty, as in an image of a single static binary.
 */
export function readUserFiles(rootfsPath: string): { passwd: string; group: string } {
  return { passwd: readInRoot(rootfsPath, 'etc/passwd'), group: readInRoot(rootfsPath, 'etc/group') };
}

function readInRoot(root: string, path: string): string {
  let descriptor: number;
  try {
    // O_PATH, then stat: an image may have a FIFO or a device there, which must not be opened for reading.
    descriptor = openInRoot(root, path, O_PATH);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return '';
    throw error;
  }
  try {
    return readOpenedFile(descriptor, `/${path}`, { maxBytes: largestFileBytes }).toString();
  } catch (error) {
    if (!(error instanceof UnsuitableFileError)) throw error;
    throw new RuntimeError(
      'FAILED_PRECONDITION',
      `/${path} of the image is not a file of at most ${largestFileBytes} bytes`,
    );
  }
}
