// Starts and stops berthd and the kubelet as daemons that outlive this command: pid file, log, readiness.
import { spawn } from 'node:child_process';
import { closeSync, fchmodSync, openSync, readFileSync, rmSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { logFileVariable } from '@berth/linux/processes/daemon-log.ts';
import {
  isSameProcess,
  type ProcessIdentity,
  processStat,
  signalProcess,
  waitForExit,
} from '@berth/linux/processes/process.ts';
import { UserError } from '../errors/user-error.ts';
import type { NodeLayout } from './layout.ts';

export type DaemonName = 'berthd' | 'kubelet';

const SIGTERM = 15;
const SIGKILL = 9;
const logLines = 12;
const recheckMs = 100;

/** The path of a daemon's log. */
export function logFile({ logDir }: NodeLayout, name: DaemonName): string {
  return join(logDir, `${name}.log`);
}

/** The daemon that an earlier `berth up` started, if it still runs. */
export function runningDaemon({ runDir }: NodeLayout, name: DaemonName): ProcessIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile(runDir, name), 'utf8');
  } catch {
    return undefined;
  }
  const [pid = Number.NaN, startTime = Number.NaN] = text.trim().split(/\s+/).map(Number);
  return Number.isInteger(pid) && isSameProcess(pid, startTime) ? { pid, startTime } : undefined;
}

/**
 * Starts a daemon that outlives this command and appends its output to a log, unless the daemon of an earlier command
 * still runs. Waits until `isReady` returns true; checks again after each write to the log, because a daemon logs when
 * it becomes ready.
 * @throws UserError with the end of the log when the daemon ends or is not ready in time
 */
export async function ensureDaemon(
  layout: NodeLayout,
  name: DaemonName,
  args: readonly string[],
  isReady: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  makePrivateDirectory(layout.logDir);
  const log = logFile(layout, name);
  closeSync(openLog(log));
  const earlier = runningDaemon(layout, name);
  const settled = new AbortController();
  const ended =
    earlier === undefined
      ? launch(layout, name, args)
      : // It may be about to end, or end while we wait for it.
        waitForExit(earlier, settled.signal).then(() => launch(layout, name, args));
  // `settled` aborts waitForExit once there is an outcome; its rejection has no reader then.
  ended.catch(() => {});
  const outcome = await Promise.race([ended, becomesReady(log, isReady, timeoutMs)]);
  settled.abort();
  if (outcome === 'ready') return;
  if (outcome === 'timeout' && earlier === undefined) await stopDaemon(layout, name);
  const what = outcome === 'timeout' ? `was not ready after ${timeoutMs / 1000} s` : outcome;
  throw new UserError(`${name} ${what}. The end of ${log}:\n${await logTail(log)}`);
}

/** Opens a log that only root can read, because it names pods and images. fchmod covers logs of older releases. */
function openLog(path: string): number {
  const descriptor = openSync(path, 'a', 0o600);
  fchmodSync(descriptor, 0o600);
  return descriptor;
}

/** Starts a daemon in a new session. The promise resolves with its exit, if it exits while this command runs. */
function launch(layout: NodeLayout, name: DaemonName, args: readonly string[]): Promise<string> {
  makePrivateDirectory(layout.runDir, layout.runDirMode);
  const log = logFile(layout, name);
  const output = openLog(log);
  const child = spawn(join(layout.binDir, name), args, {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: '/',
    // The daemon bounds its log, and opens it again at SIGHUP.
    env: { ...process.env, [logFileVariable]: log },
  });
  closeSync(output);
  if (child.pid !== undefined) recordProcess(layout, name, child.pid);
  child.unref();
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });
}

/**
 * Stops the daemon that `berth up` started: SIGTERM, and SIGKILL when it does not end in time.
 * @returns false when none was running
 */
export async function stopDaemon(layout: NodeLayout, name: DaemonName, timeoutMs = 10_000): Promise<boolean> {
  const daemon = runningDaemon(layout, name);
  if (daemon !== undefined) {
    signalProcess(daemon, SIGTERM);
    try {
      await waitForExit(daemon, AbortSignal.timeout(timeoutMs));
    } catch {
      signalProcess(daemon, SIGKILL);
      await waitForExit(daemon);
    }
  }
  rmSync(pidFile(layout.runDir, name), { force: true });
  return daemon !== undefined;
}

/** The start time distinguishes the daemon from a later process with the same pid. */
function recordProcess({ runDir }: NodeLayout, name: DaemonName, pid: number): void {
  const startTime = processStat(pid)?.startTime;
  if (startTime === undefined) return;
  replaceFileSync(pidFile(runDir, name), `${pid} ${startTime}\n`, { mode: 0o600 });
}

function pidFile(runDir: string, name: DaemonName): string {
  return join(runDir, `${name}.pid`);
}

async function becomesReady(
  log: string,
  isReady: () => Promise<boolean>,
  timeoutMs: number,
): Promise<'ready' | 'timeout'> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const logged = nextChange(log, Math.min(recheckMs, Math.max(0, deadline - Date.now())));
    const ready = await isReady();
    if (ready) {
      logged.cancel();
      return 'ready';
    }
    if (Date.now() >= deadline) {
      logged.cancel();
      return 'timeout';
    }
    await logged.promise;
  }
}

/** Resolves when the file changes, or after a timeout. */
function nextChange(path: string, timeoutMs: number): { promise: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(path, () => done());
  const timer = setTimeout(() => done(), timeoutMs);
  const done = () => {
    clearTimeout(timer);
    watcher.close();
    resolve();
  };
  return { promise, cancel: done };
}

async function logTail(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .trimEnd()
    .split('\n')
    .slice(-logLines)
    .map((line) => `  ${line}`)
    .join('\n');
}
