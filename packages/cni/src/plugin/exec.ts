// The seam between the library and the machine, and what every implementation of it shares: time limit, bound on
// the output, cancellation, and the file that is the plugin's stdin.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';

/** One run of a plugin. */
export interface PluginInvocation {
  /** Absolute path of the executable. */
  path: string;
  /** The whole environment of the plugin. */
  env: Readonly<NodeJS.ProcessEnv>;
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
  /** The signal that ended it, or null. */
  killedBy: string | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a plugin to its end. Rejects when it cannot be started. A test, or a runtime that starts processes in a way of
 * its own, gives Cni another one.
 *
 * @example
 * import { writeFile } from 'node:fs/promises';
 * import { Cni } from '@berth/cni/cni.ts';
 *
 * await writeFile('bridge', '');
 * const stdout = '{ "cniVersion": "1.1.0", "supportedVersions": ["1.0.0", "1.1.0"] }';
 * const exec: Exec = async ({ env }) => {
 *   assert.equal(env.CNI_COMMAND, 'VERSION');
 *   return { ended: 'exit', code: 0, killedBy: null, stdout, stderr: '' };
 * };
 * const cni = new Cni({ pluginDirs: [process.cwd()], cacheDir: 'cache', exec });
 * assert.deepEqual((await cni.getVersionInfo('bridge')).supportedVersions, ['1.0.0', '1.1.0']);
 */
export type Exec = (invocation: PluginInvocation) => Promise<PluginExit>;

/** A plugin that runs. */
export interface PluginProcess {
  /** Also the id of its process group. */
  pid: number;
  exited: Promise<{ code: number | null; signal: string | null }>;
  stdout: Readable;
  stderr: Readable;
}

/** Starts a program as the leader of a new process group, in the directory /, with an open file as its stdin. */
export type StartPlugin = (
  program: Pick<PluginInvocation, 'path' | 'env'> & { stdin: number },
) => PluginProcess | Promise<PluginProcess>;

const busyRetries = 5;
const busyDelayMs = 200;

/** The exec that starts plugins in a given way. */
export function execWith(start: StartPlugin): Exec {
  return async (invocation) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await runOnce(start, invocation);
      } catch (error) {
        // The file is open for writing: a newer version of the plugin is being installed.
        if (!hasCode(error, 'ETXTBSY') || attempt === busyRetries) throw error;
        await sleep(busyDelayMs);
      }
    }
  };
}

async function runOnce(start: StartPlugin, invocation: PluginInvocation): Promise<PluginExit> {
  const { timeoutMs, maxOutputBytes, signal } = invocation;
  if (signal?.aborted) return { ended: 'aborted', code: null, killedBy: null, stdout: '', stderr: '' };
  const { pid, exited, stdout, stderr } = await startWithStdin(start, invocation);

  let ended: PluginExit['ended'] = 'exit';
  const kill = (reason: PluginExit['ended']) => {
    if (ended !== 'exit') return;
    ended = reason;
    killGroup(pid);
    // A process that left the group may hold the pipes open for ever.
    stdout.destroy();
    stderr.destroy();
  };
  const timer = setTimeout(kill, timeoutMs, 'timeout');
  const onAbort = () => kill('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    const onTooLarge = () => kill('output-too-large');
    const [{ code, signal: killedBy }, out, err] = await Promise.all([
      exited,
      collect(stdout, maxOutputBytes, onTooLarge),
      collect(stderr, maxOutputBytes, onTooLarge),
    ]);
    return { ended, code, killedBy, stdout: out, stderr: err };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

async function startWithStdin(
  start: StartPlugin,
  { path, env, stdin: text }: PluginInvocation,
): Promise<PluginProcess> {
  const stdin = openNameless();
  try {
    writeStdin(stdin, text);
    return await start({ path, env, stdin });
  } finally {
    closeSync(stdin);
  }
}

/** Resolves, when the output has ended or was destroyed, with the chunks that came before and fit the limit. */
function collect(output: Readable, maxBytes: number, onTooLarge: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    output.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) onTooLarge();
      else chunks.push(chunk);
    });
    output.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

/** Linux's flag for a file that has no name from the start; the same on every architecture that Node runs on. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * A nameless file for the configuration: unlike a pipe it takes any length at once. Without a name nothing
 * stays behind when we are killed, and in memory a pod can be detached from its network while the disk is full.
 */
function openNameless(): number {
  const flags = O_TMPFILE | constants.O_RDWR;
  try {
    return openSync('/dev/shm', flags, 0o600);
  } catch {
    // Not every container has /dev/shm.
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
