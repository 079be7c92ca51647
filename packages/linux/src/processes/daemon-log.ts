// The log file of a daemon whose standard error goes to a file: rotation by size, and reopening for logrotate(8).
import { closeSync, constants, fstatSync, openSync, renameSync } from 'node:fs';
import { O_CLOEXEC } from '@berth/common/files/open-flags.ts';
import { libcFunction } from '../syscall/libc.ts';

const dup2 = libcFunction('dup2', ['int', 'int']);

/** The variable in which whoever starts a daemon names the file that its standard output and error are. */
export const logFileVariable = 'BERTH_LOG_FILE';

/** How much of a log is kept: the file, and `kept` older ones beside it, PATH.1 the newest of them. */
export interface LogLimits {
  readonly maxBytes: number;
  readonly kept: number;
}

const defaultLimits: LogLimits = { maxBytes: 10 * 1024 * 1024, kept: 3 };

const standardOutput = 1;
const standardError = 2;

/** Standard error as a log. Where it is a named file, the file is bounded and can be reopened. */
export class DaemonLog {
  readonly #path: string | undefined;
  readonly #limits: LogLimits;
  #bytes = 0;

  constructor(path: string | undefined, limits: LogLimits = defaultLimits) {
    this.#path = path;
    this.#limits = limits;
    if (path !== undefined) this.#bytes = fstatSync(standardError).size;
  }

  /** The log that the environment names. Removes the name from it: child processes have logs of their own. */
  static take(environment: NodeJS.ProcessEnv): DaemonLog {
    const path = environment[logFileVariable] || undefined;
    delete environment[logFileVariable];
    return new DaemonLog(path);
  }

  /**
   * Writes a line to one of the standard streams, which are the same file where it has a name. A full disk loses the
   * line and does not end the daemon.
   */
  write(line: string, stream: 'stdout' | 'stderr' = 'stderr'): void {
    if (this.#path === undefined) {
      process[stream].write(line);
      return;
    }
    try {
      if (this.#bytes >= this.#limits.maxBytes) this.#rotate(this.#path);
      process[stream].write(line);
    } catch {
      // There is no other place to say it.
    }
    this.#bytes += Buffer.byteLength(line);
  }

  /**
   * Opens the file again by its path, after another program has renamed it.
   * @throws when it cannot be opened; the log then stays where it was
   */
  reopen(): void {
    if (this.#path === undefined) return;
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const descriptor = openSync(this.#path, flags, 0o600);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) throw new Error(`${this.#path} is not a regular file`);
      // In place: what Node.js and V8 print when they crash goes to the new file too.
      for (const standard of [standardOutput, standardError]) dup2(this.#path, descriptor, standard);
      this.#bytes = stats.size;
    } finally {
      closeSync(descriptor);
    }
  }

  #rotate(path: string): void {
    // Should it fail, try again after as much as a whole file.
    this.#bytes = 0;
    for (let number = this.#limits.kept; number > 0; number--) {
      try {
        renameSync(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
      } catch {
        // There are not so many yet.
      }
    }
    this.reopen();
  }
}
