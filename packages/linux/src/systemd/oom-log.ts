import { closeSync, constants, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';

/** The kernel gives out one record at a read, and none longer than this (CONSOLE_EXT_LOG_MAX). */
const maxRecordBytes = 8192;

/** How many scopes are remembered, the latest; each is asked for soon after its end. */
const maxRemembered = 4096;

/**
 * Which scopes the kernel's log says it killed a process of for want of memory. systemd removes a scope as soon as
 * its last process has ended, often before anybody has read its memory.events; the kernel writes the log before it
 * kills. More than ten kills in five seconds are not all logged.
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

  /** Whether the log tells of a kill in the scope with this path; false too where the log cannot be read. */
  has(path: string): boolean {
    this.#readOn();
    return this.#scopes.has(basename(path));
  }

  close(): void {
    this.#isClosed = true;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** Takes in what has come since the last time; at first, all that the kernel still has. */
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
      // EAGAIN: read to its end. The others: a machine, as a container, that has no kernel log to show.
      if (!hasCode(error, 'EAGAIN', 'ENOENT', 'EPERM', 'EACCES', 'ENODEV', 'ENXIO')) throw error;
    }
  }

  #next(descriptor: number): string {
    for (;;) {
      try {
        const length = readSync(descriptor, this.#record, 0, maxRecordBytes, null);
        return this.#record.toString('utf8', 0, length);
      } catch (error) {
        // The record that was next has been overwritten; the one after it comes at the next read.
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
 * The scope of the process that the kernel killed, where a record of /dev/kmsg tells of one. Only records of the
 * kernel's own count, since processes may write to its log too, and only the outermost scope: below it a container
 * names cgroups as it likes.
 */
export function oomKilledScope(record: string): string | undefined {
  const [, priority, text] = /^(\d+),[^;]*;([^\n]*)/.exec(record) ?? [];
  const facility = Number(priority) >> 3;
  if (facility !== 0 || text === undefined || !text.startsWith('oom-kill:')) return undefined;
  const [, cgroup = ''] = /,task_memcg=(\/.*),task=/.exec(text) ?? [];
  return cgroup.split('/').find((part) => part.endsWith('.scope'));
}
