// OOM kills in systemd scopes, read from the kernel log /dev/kmsg.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';

/** One read(2) returns one record of at most this many bytes (CONSOLE_EXT_LOG_MAX). */
const maxRecordBytes = 8192;

/** The latest scopes that are remembered; each is looked up soon after its end. */
const maxRemembered = 4096;

/**
 * The scopes in which the kernel log reports an OOM kill. systemd removes a scope with its last process, often before
 * its memory.events can be read; the kernel logs before it kills. It rate-limits the log to ten kills in five seconds.
 * https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg
 */
export class OomLog {
  readonly #path: string;
  readonly #scopes = new Set<string>();
  readonly #record = Buffer.alloc(maxRecordBytes);
  #descriptor: number | undefined;
  #isClosed = false;

  constructor(path = '/dev/kmsg') {
    this.#path = path;
  }

  /** Whether the log reports a kill in the scope with this path; false where the log cannot be read. */
  has(path: string): boolean {
    this.#readOn();
    return this.#scopes.has(basename(path));
  }

  close(): void {
    this.#isClosed = true;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** Reads the records since the last call; the first call reads the whole ring buffer. */
  #readOn(): void {
    if (this.#isClosed) return;
    try {
      this.#descriptor ??= openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      for (;;) {
        const record = this.#next(this.#descriptor);
        if (record === '') return;
        const scope = oomKilledScope(record);
        if (scope !== undefined) this.#remember(scope);
      }
    } catch (error) {
      // EAGAIN: end of the log. Others: no access to the kernel log, as in a container.
      if (!hasCode(error, 'EAGAIN', 'ENOENT', 'EPERM', 'EACCES', 'ENODEV', 'ENXIO')) throw error;
    }
  }

  #next(descriptor: number): string {
    for (;;) {
      try {
        const length = readSync(descriptor, this.#record, 0, maxRecordBytes, null);
        return this.#record.toString('utf8', 0, length);
      } catch (error) {
        // The next record was overwritten; the following read continues with the oldest one left.
        if (!hasCode(error, 'EPIPE')) throw error;
      }
    }
  }

  #remember(scope: string): void {
    this.#scopes.delete(scope);
    this.#scopes.add(scope);
    const [oldest] = this.#scopes;
    if (this.#scopes.size > maxRemembered && oldest !== undefined) this.#scopes.delete(oldest);
  }
}

/**
 * The scope of the process that the kernel killed, when a record of /dev/kmsg reports an OOM kill. Only records of the
 * kernel facility count, because processes may write to the log as well, and only the outermost scope, because a
 * container chooses the names of the cgroups below it.
 */
export function oomKilledScope(record: string): string | undefined {
  const [, priority, text] = /^(\d+),[^;]*;([^\n]*)/.exec(record) ?? [];
  const facility = Number(priority) >> 3;
  if (facility !== 0 || text === undefined || !text.startsWith('oom-kill:')) return undefined;
  const [, cgroup = ''] = /,task_memcg=(\/.*),task=/.exec(text) ?? [];
  return cgroup.split('/').find((part) => part.endsWith('.scope'));
}
