// Makes directories: private ones with checked owner and mode, and never inside /proc, /sys or a shared directory.
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../error-code.ts';

/** Kernel file systems: mkdir(2) fails there, or makes something else than a directory (a cgroup). */
const kernelTrees = ['/proc', '/sys'];

/**
 * Makes a directory and its missing parents. An existing directory is accepted anywhere. Does not use Node's recursive
 * mkdir, which never returns for a path in /proc.
 * @throws Error that names the path, for a missing directory in /proc or /sys, also through symbolic links
 */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  const { real, missing } = await existingPart(path);
  if (missing.length > 0) refuseKernelTree(real, path);
  for (const directory of missing) {
    try {
      await mkdir(directory, { mode });
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || !(await stat(directory)).isDirectory()) throw error;
    }
  }
  if (missing.length === 0 && !(await stat(path)).isDirectory())
    throw new Error(`${path} is not a directory`);
}

/** Synchronous makeDirectories, for threads that cannot await. */
export function makeDirectoriesSync(path: string, mode: number): void {
  const missing: string[] = [];
  let existing = path;
  for (; !existsSync(existing); existing = dirname(existing)) missing.unshift(existing);
  if (missing.length > 0) refuseKernelTree(realpathSync(existing), path);
  for (const directory of missing) {
    try {
      mkdirSync(directory, { mode });
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || !statSync(directory).isDirectory()) throw error;
    }
  }
  if (missing.length === 0 && !statSync(path).isDirectory()) throw new Error(`${path} is not a directory`);
}

/**
 * Makes a directory that only this user can enter, and its missing parents as mkdir(1) would. Sets the mode regardless
 * of the umask, also on an existing directory: an older release may have left it open.
 *
 * @param mode 0700, unless other users must be able to traverse the directory
 * @throws Error for a directory of another user, or one that other programs share (/run, /tmp)
 */
export function makePrivateDirectory(path: string, mode = 0o700): void {
  makeDirectoriesSync(dirname(path), 0o755);
  makeDirectoriesSync(path, mode);
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const stats = fstatSync(descriptor);
    const user = process.geteuid?.() ?? 0;
    if (stats.uid !== user) {
      throw new Error(
        `${path} belongs to user ${stats.uid}, who could replace what is in it: chown ${user} ${path}, or choose another directory`,
      );
    }
    if ((stats.mode & 0o7777) === mode) return;
    if (sharedDirectories.has(realpathSync(path))) {
      throw new Error(`${path} is shared with other programs; choose a directory below it`);
    }
    setMode(descriptor, path, mode);
  } finally {
    closeSync(descriptor);
  }
}

function setMode(descriptor: number, path: string, mode: number): void {
  try {
    fchmodSync(descriptor, mode);
  } catch (error) {
    // fchmod(2) knows no path.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
}

/** Directories of the whole machine (hier(7)): making one private would break other programs. */
const sharedDirectories: ReadonlySet<string> = new Set([
  ...[
    '/',
    '/bin',
    '/boot',
    '/dev',
    '/dev/shm',
    '/etc',
    '/home',
    '/lib',
    '/lib64',
    '/media',
    '/mnt',
    '/opt',
    '/run',
  ],
  ...['/sbin', '/srv', '/usr', '/usr/bin', '/usr/lib', '/usr/local', '/usr/sbin', '/usr/share', '/tmp'],
  ...['/var', '/var/cache', '/var/lib', '/var/log', '/var/spool', '/var/tmp'],
]);

/** Refuses a configured path in /proc or /sys, whether it exists or not; `field` is the setting's name. */
export async function checkPlace(path: string, field: string): Promise<void> {
  try {
    refuseKernelTree((await existingPart(path)).real, path);
  } catch (error) {
    throw new Error(`${field}: ${path} cannot be used; choose another directory`, { cause: error });
  }
}

/** The deepest existing directory of a path, with links resolved, and the missing ones below it, topmost first. */
async function existingPart(path: string): Promise<{ real: string; missing: string[] }> {
  const missing: string[] = [];
  for (let directory = path; ; directory = dirname(directory)) {
    try {
      return { real: await realpath(directory), missing };
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      missing.unshift(directory);
    }
  }
}

function refuseKernelTree(real: string, path: string): void {
  const tree = kernelTrees.find((root) => real === root || real.startsWith(`${root}/`));
  if (tree !== undefined) throw new Error(`${path} is in ${tree}, where only the kernel makes directories`);
}
