import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecSyncRequest, ExecSyncResponse } from '@berth/cri/generated/api.ts';
import type { Spec } from '@berth/oci/runtime-spec.ts';
import { readPidFile } from '../conmon/conmon.ts';
import type { Context } from '../context.ts';
import { invalid, notFound, RuntimeError, wrongState } from '../errors.ts';
import { execProcess } from '../oci-runtime/exec-process.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { lastRuntimeError } from '../oci-runtime/runtime-log.ts';
import type { Container } from '../state/container.ts';
import { killTree } from './process-tree.ts';

/**
 * What is kept of stdout and stderr together; more is read and dropped (CVE-2022-1708). A kubelet takes
 * messages of 16 MiB, and this one needs a few bytes beside the output.
 */
const maxOutputBytes = 16 * 1024 * 1024 - 1024;
/** How long output may keep coming from what a command left running in the background. */
const drainMs = 200;
/** How long the runtime may take to notice that the command was killed. */
const reapMs = 1000;

/** ExecSync: runs a command in a container and waits for its end. */
export async function execSync(
  context: Context,
  { containerId, cmd, timeout }: ExecSyncRequest,
  { signal }: { signal: AbortSignal },
): Promise<ExecSyncResponse> {
  const container = context.state.containers.find(containerId);
  if (container === undefined) throw notFound('container', containerId);
  if (cmd.length === 0) throw invalid('cmd', 'is required');
  if (container.state.phase !== 'running') throw wrongState(`container ${container.id} is not running`);
  const sandbox = context.state.sandboxes.get(container.sandboxId);
  const runtime = context.runtimes.get(sandbox?.runtime ?? '');
  const timeoutMs = timeout > 0n ? Number(timeout) * 1000 : undefined;
  return runInContainer(context, { container, runtime, cmd, timeoutMs, signal });
}

async function runInContainer(
  { paths }: Context,
  exec: {
    container: Container;
    runtime: OciRuntime;
    cmd: string[];
    timeoutMs: number | undefined;
    signal: AbortSignal;
  },
): Promise<ExecSyncResponse> {
  const { container, runtime, cmd, timeoutMs } = exec;
  const { bundle } = paths.container(container.id);
  const files = execFiles(bundle.exec);
  const spec: Spec = JSON.parse(readFileSync(bundle.config, 'utf8'));
  if (spec.process === undefined) throw new Error(`${bundle.config} has no process`);
  mkdirSync(bundle.exec, { recursive: true, mode: 0o700 });
  writeFileSync(files.process, JSON.stringify(execProcess(spec.process, cmd)), { mode: 0o600 });
  try {
    const log = ['--log', files.log, '--log-format', 'json'];
    const command = ['exec', '--process', files.process, '--pid-file', files.pid, container.id];
    const child = spawn(runtime.path, [...runtime.globalArgs, ...log, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const room = { bytes: maxOutputBytes };
    const stdout = collect(child.stdout, room);
    const stderr = collect(child.stderr, room);
    const end = await waitForEnd(child, { pidFile: files.pid, timeoutMs, signal: exec.signal });
    if (end === 'timeout') {
      throw new RuntimeError(
        'DEADLINE_EXCEEDED',
        `command ${JSON.stringify(cmd)} timed out after ${timeoutMs} ms`,
      );
    }
    exec.signal.throwIfAborted();
    if ((await readPidFile(files.pid)) === undefined || typeof end !== 'number') {
      const reason =
        readLog(files.log) ?? (stderr().toString('utf8').trim() || `${runtime.name} ended with ${end}`);
      throw new RuntimeError(
        'UNKNOWN',
        `command ${JSON.stringify(cmd)} could not be run in container ${container.id}: ${reason}`,
      );
    }
    return { stdout: stdout(), stderr: stderr(), exitCode: end };
  } finally {
    for (const file of Object.values(files)) rmSync(file, { force: true });
  }
}

function execFiles(dir: string) {
  const name = randomUUID();
  return {
    process: join(dir, `${name}.json`),
    pid: join(dir, `${name}.pid`),
    log: join(dir, `${name}.log`),
  };
}

function collect(stream: NodeJS.ReadableStream, room: { bytes: number }): () => Buffer {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    if (room.bytes > 0) chunks.push(chunk.subarray(0, room.bytes));
    room.bytes -= Math.min(room.bytes, chunk.length);
  });
  return () => Buffer.concat(chunks);
}

/** The command's exit code, or what ended it: a signal to the runtime, or the timeout. */
async function waitForEnd(
  child: ChildProcess,
  { pidFile, timeoutMs, signal }: { pidFile: string; timeoutMs: number | undefined; signal: AbortSignal },
): Promise<number | NodeJS.Signals | 'timeout' | null> {
  const exited = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, killedBy) => resolve(code ?? killedBy));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const cut = Promise.withResolvers<'timeout'>();
  const timer = timeoutMs === undefined ? undefined : setTimeout(cut.resolve, timeoutMs, 'timeout');
  const onAbort = () => cut.resolve('timeout');
  signal.addEventListener('abort', onAbort);
  try {
    const end = await Promise.race([exited, cut.promise]);
    if (end === 'timeout') await killExec(exited, child, pidFile);
    else await Promise.race([closed, delay(drainMs)]);
    return end;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/**
 * Kills a command with all that it started. The runtime reaps it and ends by itself; killed first, it would
 * leave that to PID 1, and until then the container's PID namespace could not end.
 */
async function killExec(exited: Promise<unknown>, child: ChildProcess, pidFile: string): Promise<void> {
  let ended = false;
  const end = exited.then(() => {
    ended = true;
  });
  for (const deadline = performance.now() + reapMs; !ended && performance.now() < deadline; ) {
    // A runtime that has just begun will have a command to kill in a moment.
    const pid = await readPidFile(pidFile);
    if (pid !== undefined) killTree(pid);
    await Promise.race([end, delay(pid === undefined ? 5 : reapMs)]);
  }
  child.kill('SIGKILL');
}

function readLog(path: string): string | undefined {
  try {
    return lastRuntimeError(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
