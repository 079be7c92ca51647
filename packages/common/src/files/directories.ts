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

/** The kernel's own trees: what is made in them is no directory (a cgroup), or cannot be made at all. */
const kernelTrees = ['/proc', '/sys'];

/**
 * Makes a directory and the parents that it lacks; one that is there already may be anywhere. Not by Node's
 * own recursive mkdir, which never returns when asked for a directory in /proc.
 * @throws Error that names the path, for one in /proc or /sys, through symbolic links too
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

/** As makeDirectories, for threads in which nothing may be asynchronous. */
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
 * Makes a directory that only we may enter, and its missing parents as mkdir(1) would. The mode holds whatever
 * the umask is, and one that is there already gets it too: an older release may have left it open.
 *
 * @param mode 0700 unless others have to pass through
 * @throws Error for a directory that is another user's, or that other programs share (/run, /tmp)
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
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
}

/** Directories of the whole machine (hier(7)): closing one would stop everybody else. */
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

/** Refuses a path for files of ours in /proc and /sys, there or not; `field` is the setting's name. */
export async function checkPlace(path: string, field: string): Promise<void> {
  try {
    refuseKernelTree((await existingPart(path)).real, path);
  } catch (error) {
    throw new Error(`${field}: ${path} cannot be used; choose another directory`, { cause: error });
  }
}

/** The deepest directory of a path that exists, links resolved, and those below it that do not, topmost first. */
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
