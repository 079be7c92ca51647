// Files that the kubelet makes outside of volumes and that containers may write to. On the kubelet's disk a container
// could fill that with one (CVE-2020-8557), or make it a setuid program for the users of the node. So each is mounted
// from a tmpfs of its own, which has a limit, and whose memory is counted as the container's that writes to it.
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { bindMount, isMountPoint, mount, unmount, unmountAll } from '@berth/linux/mounts/mount.ts';

/** How much containers may add to what the kubelet writes. */
const spareBytes = 1024 * 1024;

/** Writes `content` to the file, which containers that run already see; `path` becomes a mount point. */
export function writeBoundedFile(path: string, content: string, mode: number): void {
  if (!isMountPoint(path)) {
    mountBoundedFile(path, content, mode);
    return;
  }
  try {
    overwrite(path, content);
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EAGAIN')) throw error;
    // It has grown beyond the room there is, or a container has a lease on it, see fcntl(2). Containers that run
    // keep the old one.
    mountBoundedFile(path, content, mode);
  }
}

/** Without waiting for a lease to be broken, 45 seconds. */
function overwrite(path: string, content: string): void {
  const { O_WRONLY, O_TRUNC, O_NONBLOCK, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOFOLLOW);
  try {
    writeFileSync(descriptor, content);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a new file at `path`, whatever is there. Containers that run keep what they have. */
export function mountBoundedFile(path: string, content: string, mode: number): void {
  unmountAll(path);
  // Beside the file, so that after a kill the next call, or the removal of the pod's folder, cleans it up.
  const directory = `${path}.tmpfs`;
  unmountAll(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  mount({
    source: 'tmpfs',
    target: directory,
    fstype: 'tmpfs',
    flags: ['nosuid', 'nodev', 'noexec'],
    // Attributes of files (user.*) count as inodes, on kernels that have such on tmpfs.
    data: `mode=0700,size=${Buffer.byteLength(content) + spareBytes},nr_inodes=16`,
  });
  try {
    const file = join(directory, 'file');
    writeFileSync(file, content);
    // The mode given to open counts less the umask.
    chmodSync(file, mode);
    makeMountPoint(path);
    bindMount(file, path);
  } finally {
    // The file that is mounted keeps its file system.
    unmount(directory, { detach: true });
  }
  rmdirSync(directory);
}

/** Containers that an older kubelet started may have the file that is there: it is not even opened. */
function makeMountPoint(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** Removes such a file, or one that an older kubelet made, if there is one. */
export function removeBoundedFile(path: string): void {
  unmountAll(path);
  rmSync(path, { force: true });
}
