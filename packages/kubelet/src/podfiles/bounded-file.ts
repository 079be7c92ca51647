// Files that the kubelet makes outside of volumes and that containers can write to. On the kubelet's disk, a container
// could fill the disk with one (CVE-2020-8557), or make it a setuid program for users of the node. So each has its own
// tmpfs with a size limit, whose memory is charged to the container that writes.
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

/** Number of bytes that containers may add to the kubelet's content. */
const spareBytes = 1024 * 1024;

/** Writes `content` to the file; running containers see the change. `path` becomes a mount point. */
export function writeBoundedFile(path: string, content: string, mode: number): void {
  if (!isMountPoint(path)) {
    mountBoundedFile(path, content, mode);
    return;
  }
  try {
    overwrite(path, content);
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EAGAIN')) throw error;
    // The content exceeds the tmpfs, or a container holds a lease on the file, see fcntl(2). Mount a new file; running
    // containers keep the old one.
    mountBoundedFile(path, content, mode);
  }
}

/** Overwrites the file. O_NONBLOCK: fail with EAGAIN instead of waiting up to 45 seconds for a lease break. */
function overwrite(path: string, content: string): void {
  const { O_WRONLY, O_TRUNC, O_NONBLOCK, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOFOLLOW);
  try {
    writeFileSync(descriptor, content);
  } finally {
    closeSync(descriptor);
  }
}

/** Mounts a new file at `path`, replacing any file. Running containers keep their file. */
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
    // chmod, because open(2) applies the umask to the mode.
    chmodSync(file, mode);
    makeMountPoint(path);
    bindMount(file, path);
  } finally {
    // The bind mount of the file keeps the tmpfs alive.
    unmount(directory, { detach: true });
  }
  rmdirSync(directory);
}

/** Makes the mount point. Does not open an existing file, because containers of an older kubelet may share it. */
function makeMountPoint(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** Unmounts and removes the file, also one of an older kubelet; succeeds when there is none. */
export function removeBoundedFile(path: string): void {
  unmountAll(path);
  rmSync(path, { force: true });
}
