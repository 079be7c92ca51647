// The files of one running exec, and the start of the OCI runtime's `exec` with them.

import { randomBytes } from 'node:crypto';
import { fchownSync, fstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { type Program, type StartedProcess, startProcess } from '@berth/linux/processes/spawn.ts';
import type { Process } from '@berth/oci/runtime-spec/config.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { lastRuntimeError, OciRuntimeError } from '../oci-runtime/runtime-log.ts';

/** Arguments and descriptors of one exec. */
export interface ExecStart extends Pick<Program, 'descriptors'>, StdioOwner {
  readonly args?: readonly string[];
}

export interface StdioOwner {
  /** Owner of the command's pipes, in ids of the host. */
  readonly stdioOwner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * The files of one running exec. Its pid file exists while it runs, so that the next berthd finds what this one
 * left running (leftover-execs.ts). Disposing removes them all.
 */
export class ExecFiles implements Disposable {
  readonly #base: string;

  /** `dir` is the container's directory of execs, made when missing. */
  constructor(dir: string, process: Process) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#base = join(dir, randomBytes(8).toString('hex'));
    writeFileSync(this.#process, JSON.stringify(process), { mode: 0o600 });
  }

  get pid(): string {
    return `${this.#base}.pid`;
  }

  /** Path of the socket to which the OCI runtime sends the terminal's master. */
  get console(): string {
    return `${this.#base}.sock`;
  }

  get #process(): string {
    return `${this.#base}.json`;
  }

  get #log(): string {
    return `${this.#base}.log`;
  }

  /**
   * Starts the OCI runtime's `exec`, which stays in the foreground as the parent of the command. Its log is separate
   * from the command's stderr, which distinguishes a command that failed from one that never ran. Pipes among the
   * descriptors get the owner `stdioOwner`, where the OCI runtime cannot set it (container/stdio.ts).
   */
  start(
    runtime: OciRuntime,
    containerId: string,
    { descriptors, args = [], stdioOwner }: ExecStart,
  ): StartedProcess {
    if (stdioOwner !== undefined) {
      for (const descriptor of descriptors) {
        if (typeof descriptor !== 'number' || !fstatSync(descriptor).isFIFO()) continue;
        fchownSync(descriptor, stdioOwner.uid, stdioOwner.gid);
      }
    }
    try {
      return startProcess({
        path: runtime.path,
        args: [
          ...runtime.globalArgs,
          ...['--log', this.#log, '--log-format', 'json'],
          ...['exec', '--process', this.#process, '--pid-file', this.pid, ...args, containerId],
        ],
        env: process.env,
        descriptors,
      });
    } catch (error) {
      throw new OciRuntimeError(doing(containerId), messageOf(error));
    }
  }

  /**
   * Whether the command has run: the runtime writes the pid file then. Before that an exit code is the runtime's
   * own.
   */
  hasRun(): boolean {
    return readText(this.pid) !== undefined;
  }

  /** Why the command has not run; `otherwise` when the runtime's log has no reason. */
  failure(containerId: string, otherwise: string): OciRuntimeError {
    return new OciRuntimeError(doing(containerId), lastRuntimeError(readText(this.#log) ?? '') ?? otherwise);
  }

  [Symbol.dispose](): void {
    for (const file of [this.#process, this.pid, this.#log, this.console]) rmSync(file, { force: true });
  }
}

function doing(containerId: string): string {
  return `exec in container ${containerId}`;
}

/** Maximum size of an OCI runtime's log of one exec. */
const maxLogBytes = 4 * 1024 * 1024;

function readText(path: string): string | undefined {
  try {
    return readRegularFileSync(path, { maxBytes: maxLogBytes }).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
