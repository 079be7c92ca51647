// Merges the logs of several containers by time.
import type { Entry } from '@berth/cri/logs/log-file.ts';
import { PartialLines, type WholeLine } from './partial-lines.ts';

/** The file that a log is read from: a LogFile, or a fake in tests. */
export interface LineSource {
  readOn(): Promise<Entry[]>;
  finish(): Entry[];
  close(): Promise<void>;
}

/** One container's log among those that are merged: whole lines, read as they are needed. */
export class ContainerLog {
  /** The container's name. */
  readonly name: string;
  readonly #source: LineSource;
  readonly #onBadLine: (line: string, reason: string) => void;
  readonly #partial = new PartialLines();
  #lines: WholeLine[] = [];
  #next = 0;

  constructor(name: string, source: LineSource, onBadLine: (line: string, reason: string) => void) {
    this.name = name;
    this.#source = source;
    this.#onBadLine = onBadLine;
  }

  /** The next line, undefined when there is none in memory. */
  get head(): WholeLine | undefined {
    return this.#lines[this.#next];
  }

  take(): void {
    this.#next += 1;
  }

  /** Reads on unless there are lines in memory; false at the present end of the file. */
  async fill(): Promise<boolean> {
    while (this.head === undefined) {
      const entries = await this.#source.readOn();
      if (entries.length === 0) return false;
      this.#put(entries);
    }
    return true;
  }

  /** Ends the lines that have begun, as the container has ended and writes no more. */
  finish(): void {
    this.#put(this.#source.finish());
    this.#lines.push(...this.#partial.finish());
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  #put(entries: readonly Entry[]): void {
    this.#lines.splice(0, this.#next);
    this.#next = 0;
    for (const entry of entries) {
      if ('reason' in entry) this.#onBadLine(entry.text, entry.reason);
      else {
        const line = this.#partial.add(entry);
        if (line) this.#lines.push(line);
      }
    }
  }
}

/**
 * Merges logs by the timestamps of their lines: calls `onLine` for each until all logs are at their present end. The
 * lines of one log keep the order of its file. Returns false as soon as `onLine` does.
 */
export async function mergeByTime(
  logs: readonly ContainerLog[],
  onLine: (name: string, line: WholeLine) => boolean,
  whenWritable: () => Promise<void>,
): Promise<boolean> {
  const open = new Set(logs);
  for (const log of open) if (!(await log.fill())) open.delete(log);
  for (;;) {
    let first: { log: ContainerLog; line: WholeLine } | undefined;
    for (const log of open) {
      const line = log.head;
      if (line !== undefined && (first === undefined || line.atNano < first.line.atNano)) {
        first = { log, line };
      }
    }
    if (first === undefined) return true;
    const { log, line } = first;
    log.take();
    if (!onLine(log.name, line)) return false;
    if (log.head === undefined) {
      await whenWritable();
      if (!(await log.fill())) open.delete(log);
    }
  }
}
