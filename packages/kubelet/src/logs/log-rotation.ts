// Keeps container logs from filling the disk: a log that has grown too large is set aside, the runtime begins a
// new one, and older parts are compressed, then deleted. The names are the real kubelet's: 0.log is the present
// log, 0.log.20260102-150405 the part before it, 0.log.20260101-150405.gz one before that.

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
  /** Files of one container, the present log included; at least 2. */
  maxFiles: number;
}

/** A container's log. */
export interface RotatedLog {
  /** The container's id. */
  id: string;
  path: string;
  /** A folder above it that no container can exchange; by default its own. */
  root?: string;
}

/**
 * Rotates the log of a running container if it is too large. Throws when it cannot. A container may have been given
 * the folder of its logs: nothing is reached through a symbolic link, and only regular files are read.
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

/** Undefined when the runtime has made no folder yet. */
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
    // The runtime goes on writing into the file that it has open.
    await rename(aside, path);
    throw error;
  }
  return true;
}

/**
 * Pure: which of the files beside a log go before it is set aside, and which are compressed. What is half-made
 * goes; of the finished parts the newest `maxFiles - 2` stay, for two more files are about to be.
 */
export function plan(
  names: readonly string[],
  logName: string,
  maxFiles: number,
): { remove: string[]; compress: string[] } {
  const parts = names.filter((name) => name.startsWith(`${logName}.`)).sort();
  const unfinished = parts.filter((name) => name.endsWith('.tmp'));
  const finished = parts.filter((name) => !name.endsWith('.tmp'));
  // Its compressed twin is complete, or it would still be called .tmp.
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
    // It is no part of a log.
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
