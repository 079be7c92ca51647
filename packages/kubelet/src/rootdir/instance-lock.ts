// One kubelet at a time for one root directory, which is also closed to other users: the lock is an flock(2) on a file
// in it, which the kernel frees with the process, however that ends.
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { lockFile } from '@berth/linux/files/file-lock.ts';

/** How long to wait for the lock of a killed kubelet. */
const waitMs = 2000;

/** Makes the root directory and holds its lock until the process ends. Throws when another kubelet holds it. */
export async function lockRootDir(rootDir: string): Promise<void> {
  let lock: Disposable | undefined;
  try {
    makePrivateDirectory(rootDir);
    lock = await lockFile(join(rootDir, 'kubelet.lock'), { waitMs });
  } catch (cause) {
    throw new Error(`root directory ${rootDir}: ${messageOf(cause)}`, { cause });
  }
  if (lock === undefined) {
    throw new Error(
      `root directory ${rootDir}: another kubelet runs with it; stop it or choose another --root-dir`,
    );
  }
}
