// Starts conmon, the monitor process that outlives berthd, and reports why a creation failed.

import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readEndOfRegularFile, readRegularFile } from '@berth/common/files/regular-file.ts';
import { kill } from '@berth/linux/processes/process.ts';
import { type StartedProcess, startProcess } from '@berth/linux/processes/spawn.ts';
import { OutputPipe } from '@berth/linux/streams/output-pipe.ts';
import { killDescendants } from '../host/process-tree.ts';
import { lastRuntimeError, OciRuntimeError } from '../oci-runtime/runtime-log.ts';
import { type ConmonSpec, conmonArguments } from './arguments.ts';
import { parseSyncMessage, type SyncMessage } from './sync-message.ts';

/** Maximum size of a pid file, which holds one number. */
const maxPidBytes = 64;

/** Timeout for conmon's parent process to fork and exit. */
const forkMs = 2_000;

/**
 * How long a creation that is given up may still take to end: crun 1.8 mounts itself in /tmp for a moment, and one that
 * is killed then leaves the mount.
 */
const settleMs = 1_000;

/** Maximum size of the OCI runtime's log of one creation; only the end of a longer one is read. */
const maxLogBytes = 1024 * 1024;

export interface StartConmonOptions extends ConmonSpec {
  /** Absolute path of the conmon binary. */
  conmonPath: string;
  /** Timeout of the creation; 4 minutes by default, as in CRI-O. */
  timeoutMs?: number;
  /** Kills conmon and the OCI runtime, and rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface StartedConmon {
  /** The container's init, created and not yet started. */
  containerPid: number;
  conmonPid: number;
}

/**
 * Starts conmon, which runs the OCI runtime's `create` and then stays as the parent of the container's init. It is
 * reparented to PID 1, so neither death nor restart of berthd affects it. Resolves when the container is created,
 * rejects with the runtime's own reason. After a failure the caller removes the remains (files in the bundle, runtime
 * state, a cgroup) with the same steps as for a container that has run.
 */
export async function startConmon(options: StartConmonOptions): Promise<StartedConmon> {
  const { signal } = options;
  signal?.throwIfAborted();
  const doing = `create container ${options.containerId}`;
  const child = launch(options, doing);
  const exited = child.exited.then(({ code, signal }) =>
    code === 0 ? undefined : `conmon ended with ${signal ?? `exit code ${code}`}`,
  );
  const sync = readToEnd(child.sync, '\n');
  const stderr = readToEnd(child.stderr);
  const timeoutMs = options.timeoutMs ?? 240_000;
  const givenUp = Promise.withResolvers<undefined>();
  const giveUp = () => givenUp.resolve(undefined);
  const timer = setTimeout(giveUp, timeoutMs);
  signal?.addEventListener('abort', giveUp, { once: true });
  // The parent exits after its fork; the message comes from the child, which stays.
  const finished = Promise.all([exited, sync.text]);
  const outcome = await Promise.race([finished, givenUp.promise]);
  clearTimeout(timer);
  signal?.removeEventListener('abort', giveUp);
  if (outcome === undefined) await Promise.race([finished, delay(settleMs, undefined, { ref: false })]);
  sync.close();
  stderr.close();
  if (outcome === undefined) {
    await killConmon(child, options.conmonPidFile);
    signal?.throwIfAborted();
    throw new OciRuntimeError(doing, `${options.runtime.name} did not finish within ${timeoutMs} ms`, {
      kind: 'TIMEOUT',
    });
  }
  const [ended, line] = outcome;
  const message: SyncMessage = line === '' ? { kind: 'failed', message: '' } : parseSyncMessage(line);
  if (ended === undefined && message.kind === 'created') {
    return { containerPid: message.pid, conmonPid: (await readPidFile(options.conmonPidFile)) ?? 0 };
  }
  const reported = message.kind === 'failed' ? message.message : '';
  const reason =
    (await runtimeReason(options.runtimeLog)) ||
    reported ||
    conmonReason(stderr.soFar(), options.logPath) ||
    ended;
  throw new OciRuntimeError(doing, reason ?? 'conmon ended without a word');
}

function launch(
  options: StartConmonOptions,
  doing: string,
): StartedProcess & Record<'sync' | 'stderr', Socket> {
  using sync = new OutputPipe();
  using stderr = new OutputPipe();
  try {
    // A session of its own: Ctrl-C on berthd's terminal must not reach conmon before it forks.
    const started = startProcess({
      path: options.conmonPath,
      args: conmonArguments(options),
      env: {
        PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        _OCI_SYNCPIPE: '3',
      },
      descriptors: ['null', 'null', stderr.writeEnd, sync.writeEnd],
    });
    return { ...started, sync: sync.output, stderr: stderr.output };
  } catch (error) {
    const reason = messageOf(error);
    throw new OciRuntimeError(doing, `cannot run ${options.conmonPath}: ${reason}`);
  }
}

/** The pid in a pid file; undefined when there is no file or no pid in it yet. */
export async function readPidFile(path: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt((await readRegularFile(path, { maxBytes: maxPidBytes })).toString(), 10);
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** conmon's own error; it does not say which log file it could not open. */
function conmonReason(stderr: string, logPath: string | undefined): string {
  const text = stderr.replaceAll(/^\[conmon:[a-z]\]: /gm, '').trim();
  return text.includes('log file') && logPath !== undefined ? `${text}: ${logPath}` : text;
}

async function runtimeReason(path: string): Promise<string | undefined> {
  try {
    return lastRuntimeError((await readEndOfRegularFile(path, { maxBytes: maxLogBytes })).toString());
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Kills conmon, the OCI runtime and everything that it started: any of them may hang. */
async function killConmon(parent: StartedProcess, pidFile: string): Promise<void> {
  // conmon forks within milliseconds; the parent process writes the pid file before it exits.
  const stuck = setTimeout(() => kill(parent.pid, constants.signals.SIGKILL), forkMs);
  await parent.exited;
  clearTimeout(stuck);
  const pid = await readPidFile(pidFile);
  if (pid === undefined) return;
  killDescendants(pid);
  kill(pid, constants.signals.SIGKILL);
}

function readToEnd(
  output: Socket,
  until?: string,
): { text: Promise<string>; soFar: () => string; close: () => void } {
  let text = '';
  const done = new Promise<string>((resolve) => {
    output.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (until !== undefined && text.includes(until)) resolve(text);
    });
    output.once('close', () => resolve(text));
    output.on('error', () => resolve(text));
  });
  return { text: done, soFar: () => text, close: () => output.destroy() };
}
