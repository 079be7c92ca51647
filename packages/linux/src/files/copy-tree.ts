// Copies a tree between directories of which a container may change either one meanwhile.
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { closeDescriptor } from '../syscall/libc.ts';
import { entriesOf } from './directory-names.ts';
import { asFileSystemUser } from './file-system-user.ts';
import { childPath, openChild, openChildDirectory } from './open-child.ts';
import { magicPath } from './safe-path.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;

/** Two descriptors are open for each level. */
const maxDepth = 200;
const breadth = 256;
const chunkBytes = 1024 * 1024;
/** Files of /proc and the like have no size; so much of them is copied. */
const maxUnsizedBytes = 1024 * 1024;

/** File systems of the kernel that a copy of the directory above leaves out, as statfs(2) types: proc, sysfs, cgroups. */
const kernelFileSystems = new Set([0x9fa0, 0x62656572, 0x27e0eb, 0x63677270]);

export interface CopyOptions {
  /** Who makes the copies and owns them; without it this process. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Called for each file that is left out: devices, FIFOs, sockets, the kernel's file systems, what has vanished. */
  readonly skipped: (path: string, reason: string) => void;
}

/**
 * Copies what a descriptor of O_PATH stands for, as `name` in an open directory; a directory is merged into one that is
 * there, anything else replaces a file that is there. Everything goes by open directories and follows no symbolic link
 * on either side: links are copied as they are. Devices are not opened, set-id bits are not copied, and of a file that
 * grows only the size at its start is.
 *
 * @param path of the source, for messages
 * @throws the error of the file system; what was copied before stays
 */
export async function copyTree(
  source: number,
  to: { readonly directory: number; readonly name: Buffer },
  path: string,
  options: CopyOptions,
): Promise<void> {
  await copy(source, to.directory, to.name, path, options, 0);
}

/** Copies the entries of a directory into another one. */
export async function copyEntries(
  source: number,
  directory: number,
  path: string,
  options: CopyOptions,
): Promise<void> {
  await copyChildren(source, directory, path, options, 0);
}

async function copy(
  source: number,
  directory: number,
  name: Buffer,
  path: string,
  options: CopyOptions,
  depth: number,
): Promise<void> {
  const stats = fs.fstatSync(source);
  if (stats.isFile()) copyFile(source, stats, directory, name, options);
  else if (stats.isDirectory()) await copyDirectory(source, stats, directory, name, path, options, depth);
  else options.skipped(path, kindOf(stats));
}

function kindOf(stats: fs.Stats): string {
  if (stats.isFIFO()) return 'a FIFO';
  return stats.isSocket() ? 'a socket' : stats.isSymbolicLink() ? 'a symbolic link' : 'a device';
}

function copyFile(
  source: number,
  stats: fs.Stats,
  directory: number,
  name: Buffer,
  options: CopyOptions,
): void {
  // The descriptor of O_PATH is of a regular file, so this opens nothing else.
  const input = fs.openSync(magicPath(source), O_RDONLY | O_NONBLOCK);
  try {
    replace(directory, name, options, (temporary) => {
      const output = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        copyContent(input, output, stats.size);
        fs.fchmodSync(output, stats.mode & 0o777);
        fs.futimesSync(output, stats.mtime, stats.mtime);
      } finally {
        fs.closeSync(output);
      }
    });
  } finally {
    fs.closeSync(input);
  }
}

/** Copies at most the size, and leaves holes where chunks are zero. */
function copyContent(input: number, output: number, size: number): void {
  const limit = size === 0 ? maxUnsizedBytes : size;
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, limit));
  const zeros = Buffer.alloc(buffer.length);
  let position = 0;
  while (position < limit) {
    const bytes = fs.readSync(input, buffer, 0, Math.min(buffer.length, limit - position), position);
    if (bytes === 0) break;
    const chunk = buffer.subarray(0, bytes);
    if (!chunk.equals(zeros.subarray(0, bytes))) writeAll(output, chunk, position);
    position += bytes;
  }
  fs.ftruncateSync(output, position);
}

function writeAll(output: number, chunk: Buffer, position: number): void {
  for (let written = 0; written < chunk.length; )
    written += fs.writeSync(output, chunk, written, chunk.length - written, position + written);
}

/** Has `make` create a file under a temporary name, and renames it: no file is seen half copied, no link is followed. */
function replace(
  directory: number,
  name: Buffer,
  options: CopyOptions,
  make: (temporary: Buffer) => void,
): void {
  const temporary = childPath(directory, Buffer.from(`.berth-cp-${randomBytes(6).toString('hex')}`));
  asUser(options, () => {
    try {
      make(temporary);
      fs.renameSync(temporary, childPath(directory, name));
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    }
  });
}

function asUser<T>({ user }: CopyOptions, run: () => T): T {
  return user === undefined ? run() : asFileSystemUser(user, run);
}

async function copyDirectory(
  source: number,
  stats: fs.Stats,
  directory: number,
  name: Buffer,
  path: string,
  options: CopyOptions,
  depth: number,
): Promise<void> {
  if (depth >= maxDepth) throw new Error(`${path}: more than ${maxDepth} directories deep`);
  if (depth > 0 && kernelFileSystems.has(fs.statfsSync(magicPath(source)).type)) {
    options.skipped(path, "a file system of the kernel's");
    return;
  }
  const isNew = asUser(options, () => makeDirectory(childPath(directory, name)));
  const target = openChildDirectory(directory, name, 'enter');
  try {
    await copyChildren(source, target, path, options, depth);
    if (isNew) {
      asUser(options, () => {
        fs.fchmodSync(target, stats.mode & 0o777);
        fs.futimesSync(target, stats.mtime, stats.mtime);
      });
    }
  } finally {
    closeDescriptor(target);
  }
}

function makeDirectory(path: Buffer): boolean {
  try {
    fs.mkdirSync(path, 0o700);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function copyChildren(
  source: number,
  target: number,
  path: string,
  options: CopyOptions,
  depth: number,
): Promise<void> {
  const listed = fs.openSync(magicPath(source), O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    for await (const entries of entriesOf(listed, breadth)) {
      for (const { name } of entries) {
        const below = `${path === '/' ? '' : path}/${name}`;
        await copyChild(listed, target, name, below, options, depth + 1);
      }
    }
  } finally {
    fs.closeSync(listed);
  }
}

async function copyChild(
  from: number,
  to: number,
  name: Buffer,
  path: string,
  options: CopyOptions,
  depth: number,
): Promise<void> {
  let child: number;
  try {
    child = openChild(from, name, O_PATH, 'enter');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    options.skipped(path, 'gone');
    return;
  }
  try {
    if (fs.fstatSync(child).isSymbolicLink()) copyLink(from, to, name, path, options);
    else await copy(child, to, name, path, options, depth);
  } finally {
    closeDescriptor(child);
  }
}

function copyLink(from: number, to: number, name: Buffer, path: string, options: CopyOptions): void {
  let target: Buffer;
  try {
    target = fs.readlinkSync(childPath(from, name), 'buffer');
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EINVAL')) throw error;
    options.skipped(path, 'gone');
    return;
  }
  replace(to, name, options, (temporary) => fs.symlinkSync(target, temporary));
}
