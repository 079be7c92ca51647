// Sends commands to conmon's `ctl` fifo: reopen the log, resize the terminal.

import { closeSync, constants, lstatSync, openSync, watch, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';

/** A control message of conmon's `ctl` fifo: type, then two numbers that only a resize of a terminal uses. */
const reopenMessage = '2 0 0\n';

/**
 * Tells conmon to close its log file and open a new one of the same name, the second half of a log rotation.
 * Resolves when the new file exists. Fails with ENXIO when conmon has ended (the container has exited), with the
 * reason of `signal` when that aborts first, and after `timeoutMs`.
 */
export async function reopenLog(
  bundle: string,
  logPath: string,
  { timeoutMs = 5_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const before = inode(logPath);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // conmon renames the new file into place.
  const look = () => {
    const now = inode(logPath);
    if (now !== undefined && now !== before) resolve();
  };
  const watcher = watch(dirname(logPath), look);
  const timer = setTimeout(
    () => reject(new Error(`conmon did not reopen ${logPath} in ${timeoutMs} ms`)),
    timeoutMs,
  );
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  try {
    writeControl(bundle, reopenMessage);
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    watcher.close();
  }
}

/** The largest width and height of a terminal that conmon accepts. */
const maxSide = 1000;

/** Tells conmon to resize its container's terminal, which happens asynchronously. Errors as `reopenLog`. */
export function resizeTerminal(bundle: string, { width, height }: { width: number; height: number }): void {
  writeControl(bundle, `1 ${Math.min(height, maxSide)} ${Math.min(width, maxSide)}\n`);
}

function inode(path: string): bigint | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function writeControl(bundle: string, line: string): void {
  const fifo = join(bundle, 'ctl');
  const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(fd, line);
  } catch (error) {
    if (!hasCode(error, 'EPIPE')) throw error;
    throw Object.assign(new Error(`ENXIO: conmon has just ended: ${fifo}`, { cause: error }), {
      code: 'ENXIO',
    });
  } finally {
    closeSync(fd);
  }
}
