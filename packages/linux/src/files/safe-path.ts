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

/** The kernel answers EAGAIN when something was renamed meanwhile and it cannot tell the path is safe. */
const ATTEMPTS = 128;

/**
 * Opens a path as a process whose root directory is `root` would: absolute symbolic links and `..` stay
 * within. The caller closes the descriptor, e.g. with fs.closeSync.
 *
 * @param flags of open(2), from fs.constants
 * @param mode of a file that is created
 */
export function openInRoot(root: string, path: string, flags: number, mode = 0): number {
  return openResolved(root, path, flags, mode, RESOLVE_IN_ROOT);
}

/** Opens a path below `root`, and fails with EXDEV when `..` or a symbolic link would leave it. */
export function openBeneath(root: string, path: string, flags: number, mode = 0): number {
  return openResolved(root, path, flags, mode, RESOLVE_BENEATH);
}

/**
 * Opens a path below `root` that leads through no symbolic link, nor ends in one (ELOOP): for what only this machine's
 * own programs should have made there, and a container may have exchanged. Links in `root` itself are followed.
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
        if (!hasCode(error, 'EAGAIN') || attempt === ATTEMPTS) throw error;
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
 * The path on the host of what `path` is for a process whose root directory is `root`. It holds as long as
 * nothing is renamed; where a hostile process could, use `openInRoot` and work on the descriptor.
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

/** A path by which other system calls and programs of this process reach what a descriptor is open on. */
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
 * the directory's path on the host. Symbolic links on the way are followed within the root. `made` says what
 * those that are made are like: mode 0755 and root's unless it says otherwise.
 *
 * @throws SyscallError ENOTDIR when something else is in the way
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
 * Opens as much of a path as there is, and tells how many of its components that is. Halves what it does not know of:
 * a path may have thousands of components, and each look-up may follow dozens of long symbolic links.
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
    // A symbolic link that leads nowhere exists, and cannot be opened.
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
