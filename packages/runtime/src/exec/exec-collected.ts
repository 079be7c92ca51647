import { constants } from 'node:os';
import { maxTimerMs } from '@berth/common/max-timer.ts';
import { kill } from '@berth/linux/processes/process.ts';
import type { StartedProcess } from '@berth/linux/processes/spawn.ts';
import { OutputPipe } from '@berth/linux/streams/output-pipe.ts';
import type { Process } from '@berth/oci/runtime-spec/config.ts';
import { killDescendants } from '../host/process-tree.ts';
import { BoundedOutput, drained } from '../oci-runtime/bounded-output.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { OciRuntimeError } from '../oci-runtime/runtime-log.ts';
import { ExecFiles, type StdioOwner } from './exec-files.ts';

export interface CollectedExecOptions extends StdioOwner {
  runtime: OciRuntime;
  containerId: string;
  /** From `execProcess`. */
  process: Process;
  /** Directory of the container's execs (made when missing): while one runs, its pid file is there. */
  dir: string;
  /** Kills the command and its descendants after this time; undefined or 0: no limit. */
  timeoutMs?: number | undefined;
  /** Maximum number of bytes kept of both streams together; the rest is read and discarded (CVE-2022-1708). */
  limitBytes: number;
  /** Kills the command when the client disconnects. */
  signal?: AbortSignal;
}

export interface CollectedExecResult {
  stdout: Buffer;
  stderr: Buffer;
  /** 128 + signal number for a command that a signal ended. */
  exitCode: number;
}

/**
 * How long to wait for output of background processes after a command without a timeout has ended: a daemon that it
 * started never closes the pipe.
 */
const backgroundMs = 10_000;

/** Attempts to kill a command before the runtime itself is killed, 50 ms apart: one second in all. */
const killAttempts = 20;

/**
 * Runs a command in a container and collects its output.
 * Fails with OciRuntimeError: `kind: 'TIMEOUT'`, `'NOT_FOUND'` for a container that does not run, else `'FAILED'`
 * (for instance no such program). An abort rejects with the signal's reason.
 */
export async function execCollected(options: CollectedExecOptions): Promise<CollectedExecResult> {
  options.signal?.throwIfAborted();
  const { runtime, containerId } = options;
  const doing = `exec in container ${containerId}`;
  using files = new ExecFiles(options.dir, options.process);
  const { child, stdout, stderr } = startExec(options, files);
  const began = performance.now();
  const ended = await endOf(child, options);
  if (ended.kind === 'exited') {
    // Background processes of the command may still write. containerd waits until its client gives up; runc itself
    // waits for them.
    const leftMs = options.timeoutMs ? options.timeoutMs - (performance.now() - began) : backgroundMs;
    const patienceMs = Math.min(leftMs, maxTimerMs);
    await drained([stdout, stderr], { patienceMs, signal: options.signal });
    options.signal?.throwIfAborted();
  } else {
    await drained([stdout, stderr]);
  }
  if (ended.kind === 'aborted') throw options.signal?.reason;
  if (ended.kind === 'timeout') {
    const command = options.process.args?.join(' ') ?? '';
    throw new OciRuntimeError(doing, `command "${command}" timed out after ${options.timeoutMs} ms`, {
      kind: 'TIMEOUT',
    });
  }
  if (ended.kind === 'failed') throw new OciRuntimeError(doing, ended.reason);
  if (!files.hasRun()) {
    const complaint = stderr.content().toString().trim();
    throw files.failure(containerId, complaint || `${runtime.name} ended with exit code ${ended.exitCode}`);
  }
  return { stdout: stdout.content(), stderr: stderr.content(), exitCode: ended.exitCode };
}

function startExec(options: CollectedExecOptions, files: ExecFiles) {
  const { runtime, containerId, limitBytes, stdioOwner } = options;
  using out = new OutputPipe();
  using err = new OutputPipe();
  const budget = { bytes: limitBytes };
  const stdout = new BoundedOutput(out, budget);
  const stderr = new BoundedOutput(err, budget);
  const descriptors = ['null' as const, out.writeEnd, err.writeEnd];
  return { child: files.start(runtime, containerId, { descriptors, stdioOwner }), stdout, stderr };
}

type End =
  | { kind: 'exited'; exitCode: number }
  | { kind: 'failed'; reason: string }
  | { kind: 'timeout' }
  | { kind: 'aborted' };

/** Waits for the runtime and so for the command; kills the command at the timeout or an abort. */
async function endOf(
  { pid, exited }: StartedProcess,
  { timeoutMs, signal }: CollectedExecOptions,
): Promise<End> {
  let cut: End | undefined;
  let killing: NodeJS.Timeout | undefined;
  const end = (why: End) => {
    cut ??= why;
    let attempts = 0;
    const killCommand = () => {
      killDescendants(pid);
      // The runtime has to reap the command: a zombie that is left to the host's init would keep the container's
      // PID namespace alive. The command may also be about to start.
      if (++attempts > killAttempts) kill(pid, constants.signals.SIGKILL);
    };
    killing ??= setInterval(killCommand, 50);
    killCommand();
  };
  const onAbort = () => end({ kind: 'aborted' });
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = timeoutMs
    ? setTimeout(() => end({ kind: 'timeout' }), Math.min(timeoutMs, maxTimerMs))
    : undefined;
  const { code, signal: killedBy } = await exited;
  clearTimeout(timer);
  clearInterval(killing);
  signal?.removeEventListener('abort', onAbort);
  if (cut !== undefined) return cut;
  if (code === null) return { kind: 'failed', reason: `was ended by ${killedBy}` };
  return { kind: 'exited', exitCode: code };
}
