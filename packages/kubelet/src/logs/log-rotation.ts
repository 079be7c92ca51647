// Rotates container logs, so that they do not fill the disk: renames a large log, makes the runtime open a new one,
// compresses older parts and deletes the oldest. The names are the real kubelet's: 0.log is the current log,
// 0.log.20260102-150405 the part before it, 0.log.20260101-150405.gz an older one.

import { constants, createWriteStream } from 'node:fs';
import { lstat, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { openRegularFile, UnsuitableFileError } from '@berth/common/files/regular-file.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { magicPath, openWithoutLinks } from '@berth/linux/files/safe-path.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('log-rotation.ts');

/** When logs are rotated. */
export interface LogLimits {
  maxBytes: number;
  /** Maximum number of files per container, including the current log; at least 2. */
  maxFiles: number;
}

/** A container's log. */
export interface RotatedLog {
  /** The container's id. */
  id: string;
  path: string;
  /** A parent folder that no container can replace; default: the log's folder. */
  root?: string;
}

/**
 * Rotates the log of a running container if it is too large. Throws when it fails. Because a container may mount its
 * log folder, follows no symbolic link and reads only regular files.
 */
export async function rotateLog(
  { id, path, root = dirname(path) }: RotatedLog,
  limits: LogLimits,
  runtime: Pick<RuntimeClient, 'reopenContainerLog'>,
): Promise<void> {
  const folder = openFolder(root, dirname(path));
  if (folder === undefined) return;
  try {
    if (
      await rotateIn(magicPath(folder), basename(path), limits, () =>
        runtime.reopenContainerLog({ containerId: id }),
      )
    )
      log.v(2, 'Rotated container log', { containerID: id, path });
  } finally {
    closeDescriptor(folder);
  }
}

/** Opens the log folder; undefined when the runtime has not created it yet. */
function openFolder(root: string, folder: string): number | undefined {
  try {
    return openWithoutLinks(root, relative(root, folder) || '.', O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function rotateIn(
  folder: string,
  name: string,
  limits: LogLimits,
  reopen: () => Promise<unknown>,
): Promise<boolean> {
  const path = join(folder, name);
  if ((await sizeOf(path)) <= limits.maxBytes) return false;
  const { remove, compress } = plan(await readdir(folder), name, limits.maxFiles);
  for (const part of remove) await removeTree(join(folder, part));
  for (const part of compress) await compressFile(join(folder, part));

  const aside = `${path}.${stamp(new Date())}`;
  await rename(path, aside);
  try {
    await reopen();
  } catch (error) {
    // Undo the rename: the runtime still writes to the open file.
    await rename(aside, path);
    throw error;
  }
  return true;
}

/**
 * Pure: which files beside a log to delete before the rotation, and which to compress. Deletes unfinished files. Keeps
 * the newest `maxFiles - 2` parts, because the rotation adds a part, and the current log counts too.
 */
export function plan(
  names: readonly string[],
  logName: string,
  maxFiles: number,
): { remove: string[]; compress: string[] } {
  const parts = names.filter((name) => name.startsWith(`${logName}.`)).sort();
  const unfinished = parts.filter((name) => name.endsWith('.tmp'));
  const finished = parts.filter((name) => !name.endsWith('.tmp'));
  // NAME.gz is complete, because an unfinished one is named .tmp: delete NAME.
  const doubles = finished.filter((name) => finished.includes(`${name}.gz`));
  const single = finished.filter((name) => !doubles.includes(name));
  const excess = single.slice(0, Math.max(0, single.length - Math.max(0, maxFiles - 2)));
  const kept = single.filter((name) => !excess.includes(name));
  return {
    remove: [...unfinished, ...doubles, ...excess],
    compress: kept.filter((name) => !name.endsWith('.gz')),
  };
}

async function compressFile(path: string): Promise<void> {
  const unfinished = `${path}.tmp`;
  try {
    await using file = await openRegularFile(path, { followLink: false });
    // `wx`: never opens a file or link that a container put there.
    const compressed = createWriteStream(unfinished, { mode: 0o640, flags: 'wx' });
    await pipeline(file.createReadStream({ autoClose: false }), createGzip(), compressed);
    await rename(unfinished, `${path}.gz`);
  } catch (error) {
    // Not a regular file, so not a part of a log: delete it below.
    if (!(error instanceof UnsuitableFileError)) throw error;
  }
  await removeTree(path);
}

async function sizeOf(path: string): Promise<number> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? stats.size : 0;
  } catch {
    // The runtime has written nothing yet.
    return 0;
  }
}

/** A time as `20260102-150405`, so that names sort by age. */
function stamp(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-');
}
