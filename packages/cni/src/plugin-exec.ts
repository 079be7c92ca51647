import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** One run of a plugin. */
export interface PluginInvocation {
  /** The executable. */
  path: string;
  /** The whole environment of the plugin. */
  env: Record<string, string>;
  /** The configuration. */
  stdin: string;
  /** The plugin and everything it started in its process group is killed after this many milliseconds. */
  timeoutMs: number;
  /** The most bytes that stdout and stderr may each have. */
  maxOutputBytes: number;
  signal?: AbortSignal;
}

/** How a run ended: by itself (`exit`), or killed by us and why. */
export interface PluginExit {
  ended: 'exit' | 'timeout' | 'output-too-large' | 'aborted';
  /** The exit code, or null when a signal ended it. */
  code: number | null;
  killedBy: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The seam between the library and the machine: runs a plugin to its end. Rejects when it cannot be started. */
export type PluginExec = (invocation: PluginInvocation) => Promise<PluginExit>;

const BUSY_RETRIES = 5;
const BUSY_DELAY_MS = 200;

/** Runs a plugin as a child process in a process group of its own. */
export const execPlugin: PluginExec = async (invocation) => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await runOnce(invocation);
    } catch (error) {
      // The file is being written: somebody installs a newer version of the plugin.
      if (!isTextFileBusy(error) || attempt === BUSY_RETRIES) throw error;
      await sleep(BUSY_DELAY_MS);
    }
  }
};

function runOnce(invocation: PluginInvocation): Promise<PluginExit> {
  const { path, env, timeoutMs, maxOutputBytes, signal } = invocation;
  const { promise, resolve, reject } = Promise.withResolvers<PluginExit>();
  if (signal?.aborted) {
    resolve({ ended: 'aborted', code: null, killedBy: null, stdout: '', stderr: '' });
    return promise;
  }
  const stdin = openNameless();
  let child: ReturnType<typeof spawn>;
  try {
    writeStdin(stdin, invocation.stdin);
    // detached: a group of its own, so that a plugin's children can be killed with it.
    child = spawn(path, [], { env, stdio: [stdin, 'pipe', 'pipe'], detached: true });
  } finally {
    closeSync(stdin);
  }

  let ended: PluginExit['ended'] = 'exit';
  const kill = (reason: PluginExit['ended']) => {
    if (ended !== 'exit') return;
    ended = reason;
    if (child.pid !== undefined) killGroup(child.pid);
    // A process that left the group may hold the pipes open for ever.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const timer = setTimeout(kill, timeoutMs, 'timeout');
  const onAbort = () => kill('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });

  const collect = (stream: NodeJS.ReadableStream | null) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutputBytes) kill('output-too-large');
      else chunks.push(chunk);
    });
    return () => Buffer.concat(chunks).toString('utf8');
  };
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);

  const done = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  child.once('error', (error) => {
    done();
    reject(error);
  });
  child.once('close', (code, killedBy) => {
    done();
    resolve({ ended, code, killedBy, stdout: stdout(), stderr: stderr() });
  });
  return promise;
}

/** Linux's flag for a file that has no name from the start; the same on every architecture that Node runs on. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * A nameless file for the configuration. Node's own pipes are sockets, and a plugin written in shell
 * cannot open those through /dev/stdin. Without a name nothing stays behind when we are killed, and in
 * memory a pod can be detached from its network while the disk is full.
 */
function openNameless(): number {
  const flags = O_TMPFILE | constants.O_RDWR;
  try {
    return openSync('/dev/shm', flags, 0o600);
  } catch {
    // Not every container has it.
    return openSync(tmpdir(), flags, 0o600);
  }
}

/** Writes at explicit positions, which leaves the descriptor at the start, where the plugin reads. */
function writeStdin(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(fd, bytes, written, bytes.length - written, written);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

function isTextFileBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ETXTBSY';
}
