import {
  close,
  constants,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { unmountAll } from '@berth/linux/mounts/mount.ts';
import { kill } from '@berth/linux/processes/process.ts';
import { startProcess } from '@berth/linux/processes/spawn.ts';
import { OutputPipe } from '@berth/linux/streams/output-pipe.ts';
import type { LinuxResources } from '@berth/oci/runtime-spec/config.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import type { RuntimeOptions } from '../config/config.ts';
import { BoundedOutput, drained } from './bounded-output.ts';
import { OciRuntimeError } from './runtime-log.ts';

/** Maximum number of bytes kept of a command's output. */
const maxOutputBytes = 4 * 1024 * 1024;

/** The implementation, which determines how a created container waits for its start. */
export type RuntimeFlavor = 'crun' | 'runc' | 'other';

export interface OciRuntimeOptions {
  /** The name in Status and in logs. */
  name: string;
  /** Absolute path of the binary. */
  path: string;
  /** State directory (`--root`); each runtime has its own. */
  root: string;
  flavor: RuntimeFlavor;
  /** How the runtime makes cgroups; the `cgroupsPath` of config.json has to be of the same naming. */
  cgroupNaming: CgroupNaming;
  /** The settings of the runtime handler. */
  handler: RuntimeOptions;
}

/**
 * An OCI runtime's command line: one method per command. Where a system call does the same, it replaces the process:
 * `start` writes to the fifo that the created container waits on. conmon creates containers (conmon/conmon.ts), since
 * it has to be their parent.
 */
export class OciRuntime {
  readonly name: string;
  readonly path: string;
  readonly root: string;
  readonly flavor: RuntimeFlavor;
  readonly cgroupNaming: CgroupNaming;
  readonly handler: RuntimeOptions;

  constructor(options: OciRuntimeOptions) {
    this.name = options.name;
    this.path = options.path;
    this.root = options.root;
    this.flavor = options.flavor;
    this.cgroupNaming = options.cgroupNaming;
    this.handler = options.handler;
  }

  /** The options that precede every command. */
  get globalArgs(): string[] {
    const { args } = this.handler;
    return ['--root', this.root, ...this.cgroupNaming.runtimeOptions, ...args];
  }

  /**
   * Starts a created container. Fails with `kind: 'NOT_FOUND'` when its init has ended or it was started before. An
   * abort ends the wait for a runtime that hangs.
   */
  async start(id: string, signal?: AbortSignal): Promise<void> {
    try {
      if (this.flavor === 'crun') return startByWriting(this.#fifo(id));
      if (this.flavor === 'runc') return await startByReading(this.#fifo(id));
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENXIO', 'EPIPE')) throw error;
      throw new OciRuntimeError(
        `start container ${id}`,
        'its init process is gone, or it has been started before',
        {
          kind: 'NOT_FOUND',
          cause: error,
        },
      );
    }
    await this.run(['start', id], signal === undefined ? {} : { signal });
  }

  /** Applies new limits. `file` passes them to the runtime and is removed afterwards. */
  async update(id: string, limits: LinuxResources, file: string): Promise<void> {
    writeFileSync(file, JSON.stringify(limits), { mode: 0o600 });
    try {
      await this.run(['update', '--resources', file, id]);
    } finally {
      rmSync(file, { force: true });
    }
  }

  /**
   * Removes the runtime's state of an exited container whose cgroup the caller has removed. Needs no process,
   * unlike the runtime's own `delete`.
   */
  forget(id: string): void {
    const state = join(this.root, id);
    // runc 1.1 mounts its own program on a file here before it enters a container; a killed one leaves the mount.
    for (const file of filesIn(state)) unmountAll(file);
    rmSync(state, { recursive: true, force: true });
  }

  /** Runs a command of the runtime and returns its stdout; a failure has the text of its stderr. */
  async run(
    args: string[],
    { timeoutMs = 60_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<string> {
    signal?.throwIfAborted();
    const doing = `${this.name} ${args.join(' ')}`;
    const { pid, exited, stdout, stderr } = this.#launch(args, doing);
    let timedOut = false;
    const end = () => {
      timedOut = true;
      kill(pid, os.signals.SIGKILL);
    };
    const timer = setTimeout(end, timeoutMs);
    signal?.addEventListener('abort', end, { once: true });
    const { code, signal: killedBy } = await exited.finally(() => {
      // From now on the pid may be reused.
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    });
    await drained([stdout, stderr]);
    if (code === 0) return stdout.content().toString();
    const complaint = stderr.content().toString();
    signal?.throwIfAborted();
    if (timedOut) throw new OciRuntimeError(doing, `no answer within ${timeoutMs} ms`, { kind: 'TIMEOUT' });
    throw new OciRuntimeError(doing, complaint.trim() || `ended with ${killedBy ?? `exit code ${code}`}`);
  }

  #launch(args: string[], doing: string) {
    using out = new OutputPipe();
    using err = new OutputPipe();
    const budget = { bytes: maxOutputBytes };
    const [stdout, stderr] = [new BoundedOutput(out, budget), new BoundedOutput(err, budget)];
    try {
      const started = startProcess({
        path: this.path,
        args: [...this.globalArgs, ...args],
        env: process.env,
        descriptors: ['null', out.writeEnd, err.writeEnd],
      });
      return { ...started, stdout, stderr };
    } catch (error) {
      const reason = messageOf(error);
      throw new OciRuntimeError(doing, `cannot run ${this.path}: ${reason}`);
    }
  }

  #fifo(id: string): string {
    return join(this.root, id, 'exec.fifo');
  }
}

function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir).map((name) => join(dir, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * crun: the init holds the reading end open and waits for a byte; opening without a reader fails with ENXIO. `crun
 * start` unlinks first. berthd writes first: the write is the atomic start, so that a killed berthd leaves the
 * container either started or not. crun derives the state from whether the fifo exists.
 */
function startByWriting(fifo: string): void {
  const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(fd, Buffer.alloc(1));
    unlinkSync(fifo);
  } finally {
    close(fd, () => {});
  }
}

/** runc: the init blocks in opening the writing end; a reader releases it, and then the fifo is removed. */
async function startByReading(fifo: string): Promise<void> {
  const reader = open(fifo, constants.O_RDONLY);
  // When the init has died no writer comes: opening and closing this end wakes the reader above.
  const unblock = setTimeout(() => {
    try {
      close(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK), () => {});
    } catch {
      // No reader waits at the fifo any more.
    }
  }, 5_000);
  const handle = await reader.finally(() => clearTimeout(unblock));
  try {
    if (readSync(handle.fd, Buffer.alloc(1)) === 0)
      throw Object.assign(new Error(`${fifo} was empty`), { code: 'ENXIO' });
    unlinkSync(fifo);
  } finally {
    await handle.close();
  }
}
