// Log folders of containers, and the links that log collectors follow.

import { constants, existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { magicPath, makeDirectoryInRoot, openWithoutLinks } from '@berth/linux/files/safe-path.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import type { PodIdentity } from '../api/pod.ts';
import { containerLogsDir, logSymlink, podLogDir } from '../paths/pod-paths.ts';

type Roots = Parameters<typeof podLogDir>[0];

/** Makes the folder of a container's logs. */
export function makeLogDir(roots: Roots, pod: PodIdentity, container: string): void {
  mkdirSync(roots.podLogsDir, { recursive: true, mode: 0o755 });
  makeDirectoryInRoot(roots.podLogsDir, join(basename(podLogDir(roots, pod)), container));
}

/**
 * The next restart count according to the logs of this container name. Used when the runtime no longer has the earlier
 * containers, so that no log is overwritten.
 */
export function restartCountFromLogs(roots: Roots, pod: PodIdentity, container: string): number {
  let count = 0;
  for (const name of entries(join(podLogDir(roots, pod), container))) {
    const match = /^(\d+)\.log(?:\..*)?$/.exec(name);
    if (match) count = Math.max(count, Number(match[1]) + 1);
  }
  return count;
}

/** Links the log of a container that was started into /var/log/containers. */
export function linkLog(
  roots: Roots,
  pod: PodIdentity,
  container: { name: string; id: string; logPath: string },
): void {
  const target = join(podLogDir(roots, pod), container.logPath);
  if (!existsSync(target)) return;
  const link = logSymlink(roots, pod, container.name, container.id);
  mkdirSync(containerLogsDir(roots), { recursive: true, mode: 0o755 });
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

/** Removes the link of a removed container. */
export function unlinkLog(roots: Roots, pod: PodIdentity, container: { name: string; id: string }): void {
  rmSync(logSymlink(roots, pod, container.name, container.id), { force: true });
}

/** Removes the log of one attempt of a container, rotated parts too. */
export async function removeLog(
  roots: Roots,
  pod: PodIdentity,
  container: { name: string; restartCount: number },
): Promise<void> {
  const log = `${container.restartCount}.log`;
  const relative = join(basename(podLogDir(roots, pod)), container.name);
  let folder: number;
  try {
    // Use the open folder: a container that mounts its pod's folder could replace it by a link.
    folder = openWithoutLinks(roots.podLogsDir, relative, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return;
    throw error;
  }
  try {
    for (const name of entries(magicPath(folder))) {
      if (name === log || name.startsWith(`${log}.`)) await removeTree(join(magicPath(folder), name));
    }
  } finally {
    closeDescriptor(folder);
  }
}

/** Removes dangling links into the kubelet's log folder; ignores other links. */
export function removeDeadLinks(roots: Roots): void {
  for (const name of entries(containerLogsDir(roots))) {
    const link = join(containerLogsDir(roots), name);
    const target = linkTarget(link);
    if (target?.startsWith(`${roots.podLogsDir}/`) && !existsSync(target)) rmSync(link, { force: true });
  }
}

/**
 * Removes the log folders of a pod by its UID, and the links into them: a kubelet that was killed may have removed
 * containers without their links.
 */
export async function removePodLogs(roots: Roots, uid: string): Promise<void> {
  for (const name of entries(roots.podLogsDir)) {
    if (!name.endsWith(`_${uid}`)) continue;
    const folder = join(roots.podLogsDir, name);
    for (const link of entries(containerLogsDir(roots))) {
      const path = join(containerLogsDir(roots), link);
      if (linkTarget(path)?.startsWith(`${folder}/`)) rmSync(path, { force: true });
    }
    await removeTree(folder);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // Nothing has been logged there yet.
    return [];
  }
}
