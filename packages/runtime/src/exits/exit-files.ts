// Reads and watches the exit files that conmon writes.

import { existsSync, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync, UnsuitableFileError } from '@berth/common/files/regular-file.ts';

/** The exit of a container, from conmon's exit file. */
export interface ContainerExit {
  containerId: string;
  /** 128 + signal number for a process that a signal ended. */
  exitCode: number;
  /** Nanoseconds since the epoch: the time of the file. */
  finishedAt: bigint;
}

/** Maximum size of an exit file, which holds one number. */
const maxExitBytes = 64;

/** The exit code in an exit file; undefined when it holds none. conmon writes -1 when it lost the status. */
export function parseExitCode(text: string): number | undefined {
  const trimmed = text.trim();
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** Whether a name in the exit directory is a container's; the rest are files that conmon is still writing. */
export function isExitFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name);
}

/** Reads one container's exit file; undefined when the container has not ended. */
export function readExit(exitDir: string, containerId: string): ContainerExit | undefined {
  const path = join(exitDir, containerId);
  try {
    const exitCode = parseExitCode(
      readRegularFileSync(path, { maxBytes: maxExitBytes, followLink: false }).toString(),
    );
    if (exitCode === undefined) return undefined;
    return { containerId, exitCode, finishedAt: statSync(path, { bigint: true }).mtimeNs };
  } catch (error) {
    // A file that is missing, or that conmon did not write, reports no exit.
    if (hasCode(error, 'ENOENT') || error instanceof UnsuitableFileError) return undefined;
    throw error;
  }
}

/** Whether conmon saw an OOM kill in the container. */
export function wasOomKilled(persistDir: string): boolean {
  return existsSync(join(persistDir, 'oom'));
}

/**
 * Calls `listener` once for every exit file: for the existing ones before this returns, then for each that conmon
 * renames into place. A file that is removed and written again counts as new.
 */
export function watchExits(exitDir: string, listener: (exit: ContainerExit) => void): Disposable {
  const seen = new Set<string>();
  const look = (name: string) => {
    const exit = readExit(exitDir, name);
    if (exit === undefined) seen.delete(name);
    else if (!seen.has(name)) {
      seen.add(name);
      listener(exit);
    }
  };
  const lookAtAll = () => {
    for (const name of readdirSync(exitDir)) if (isExitFileName(name)) look(name);
  };
  const watcher = watch(exitDir, { persistent: true }, (_event, name) => {
    // An event without a name means that inotify's queue overflowed: scan all.
    if (name === null) lookAtAll();
    else if (isExitFileName(name)) look(name);
  });
  lookAtAll();
  return { [Symbol.dispose]: () => watcher.close() };
}
