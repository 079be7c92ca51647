// Paths that a container controls: openat2(2), so that no symbolic link leads out of a root directory.
import { constants, mkdirSync, openSync, readlinkSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { O_CLOEXEC, O_PATH } from '@berth/common/files/open-flags.ts';
import { asSyscallError, SyscallError } from '../syscall/errno.ts';
import { closeDescriptor, systemCall } from '../syscall/libc.ts';
import { lchown } from './ownership.ts';

const openat2 = systemCall('openat2', 437, ['int', 'str', 'void *', 'size_t']);

const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;
const RESOLVE_BENEATH = 0x08n;
const RESOLVE_IN_ROOT = 0x10n;

/** openat2(2) fails with EAGAIN when a concurrent rename keeps it from proving that the path stays within the root. */
const attempts = 128;

/**
 * Opens a path as a process whose root directory is `root` would: absolute symbolic links and `..` stay
 * within. The caller closes the descriptor, e.g. with fs.closeSync.
 *
 * @param flags of open(2), from fs.constants
 * @param mode of a file that is created
 *
 * @example
 * import { constants, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
 *
 * // In the container's root file system /etc/passwd is a link, as the container sees it, to /other.
 * mkdirSync('rootfs/etc', { recursive: true });
 * writeFileSync('rootfs/other', 'root:x:0:0');
 * symlinkSync('/other', 'rootfs/etc/passwd');
 * const descriptor = openInRoot('rootfs', '/etc/passwd', constants.O_RDONLY);
 * assert.equal(readFileSync(descriptor, 'utf8'), 'root:x:0:0');
 */
export function openInRoot(root: string, path: string, flags: number, mode = 0): number {
  return openResolved(root, path, flags, mode, RESOLVE_IN_ROOT);
}

/** Opens a path below `root`, and fails with EXDEV when `..` or a symbolic link would leave it. */
export function openBeneath(root: string, path: string, flags: number, mode = 0): number {
  return openResolved(root, path, flags, mode, RESOLVE_BENEATH);
}

/**
 * Opens a path below `root` without following symbolic links, not even a last one (ELOOP): for files that only programs
 * of the host create there, and that a container may have replaced. Symbolic links in `root` itself are followed.
 */
export function openWithoutLinks(root: string, path: string, flags: number, mode = 0): number {
  return openResolved(root, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

function openResolved(root: string, path: string, flags: number, mode: number, resolve: bigint): number {
  const directory = openDirectory(root);
  try {
    // struct open_how: flags, mode, resolve; each 64 bits.
    const how = new BigUint64Array([
      BigInt(flags | O_CLOEXEC),
      BigInt(mode),
      resolve | RESOLVE_NO_MAGICLINKS,
    ]);
    const bytes = new Uint8Array(how.buffer);
    for (let attempt = 1; ; attempt++) {
      try {
        return openat2(`${path} in ${root}`, directory, path, bytes, bytes.length);
      } catch (error) {
        if (!hasCode(error, 'EAGAIN') || attempt === attempts) throw error;
      }
    }
  } finally {
    closeDescriptor(directory);
  }
}

function openDirectory(path: string): number {
  try {
    return openSync(path, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    throw asSyscallError(error);
  }
}

/**
 * The host's path for `path` as a process whose root directory is `root` sees it. It is stale after a rename; where a
 * hostile process could rename, use `openInRoot` and work on the descriptor.
 *
 * @throws SyscallError ENOENT when it does not exist
 */
export function resolveInRoot(root: string, path: string): string {
  const descriptor = openInRoot(root, path, O_PATH);
  try {
    return descriptorPath(descriptor);
  } finally {
    closeDescriptor(descriptor);
  }
}

/** The /proc path of an open descriptor, for system calls and programs that take a path. */
export function magicPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

function descriptorPath(descriptor: number): string {
  try {
    return readlinkSync(magicPath(descriptor));
  } catch (error) {
    throw asSyscallError(error);
  }
}

/**
 * Makes a directory and its missing parents as a process whose root directory is `root` would, and returns
 * the directory's path on the host. Symbolic links on the way are followed within the root. `made` is the mode and owner
 * of new directories, by default 0755 and root.
 *
 * @throws SyscallError ENOTDIR when a component is not a directory
 */
export function makeDirectoryInRoot(
  root: string,
  path: string,
  made: { mode?: number; uid?: number; gid?: number } = {},
): string {
  const descriptor = openOrMakeDirectory(root, path, { mode: 0o755, uid: 0, gid: 0, ...made });
  try {
    return descriptorPath(descriptor);
  } finally {
    closeDescriptor(descriptor);
  }
}

function openOrMakeDirectory(
  root: string,
  path: string,
  made: { mode: number; uid: number; gid: number },
): number {
  const parts = path.split('/').filter((part) => part !== '');
  let [descriptor, found] = openExisting(root, parts);
  for (const name of parts.slice(found)) {
    const parent = descriptor;
    try {
      descriptor = makeDirectoryAt(parent, name, made);
    } finally {
      closeDescriptor(parent);
    }
  }
  return descriptor;
}

/**
 * Opens the longest existing prefix of a path; also returns the number of its components. By bisection, because a path
 * may have thousands of components, and each lookup may follow dozens of long symbolic links.
 */
function openExisting(root: string, parts: readonly string[]): [descriptor: number, found: number] {
  const open = (count: number): number | undefined => {
    try {
      const path = `/${parts.slice(0, count).join('/')}`;
      return openInRoot(root, path, O_PATH | constants.O_DIRECTORY);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      return undefined;
    }
  };
  const whole = open(parts.length);
  if (whole !== undefined) return [whole, parts.length];
  let descriptor = openInRoot(root, '/', O_PATH | constants.O_DIRECTORY);
  let [found, missing] = [0, parts.length];
  while (missing - found > 1) {
    const middle = Math.floor((found + missing) / 2);
    const deeper = open(middle);
    if (deeper === undefined) {
      missing = middle;
    } else {
      closeDescriptor(descriptor);
      [descriptor, found] = [deeper, middle];
    }
  }
  return [descriptor, found];
}

function makeDirectoryAt(
  parent: number,
  name: string,
  { mode, uid, gid }: { mode: number; uid: number; gid: number },
): number {
  const directory = `${magicPath(parent)}/${name}`;
  if (name === '..') throw new SyscallError({ syscall: 'mkdir', errno: 2, path: directory });
  try {
    mkdirSync(directory, mode);
    if (uid !== 0 || gid !== 0) lchown(directory, uid, gid);
  } catch (error) {
    // EEXIST is also the error for a dangling symbolic link, which the open below reports.
    if (!hasCode(error, 'EEXIST')) throw asSyscallError(error);
  }
  try {
    return openBeneath(magicPath(parent), name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (!hasCode(error, 'ENOTDIR', 'ELOOP')) throw error;
    const hint = 'a symbolic link of that name points to nothing';
    throw new SyscallError({ syscall: 'mkdir', errno: 2, path: directory, hint });
  }
}
