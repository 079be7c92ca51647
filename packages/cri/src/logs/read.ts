// Reads a container's log file, and follows it while the container runs.
import { dirname } from 'node:path';
import { DirectoryChanges } from './directory-changes.ts';
import type { LogLine } from './line.ts';
import { type Entry, LogFile, type LogSource } from './log-file.ts';

/** How often to check whether the container still runs when the file does not change. */
const checkPeriodMs = 1000;

export interface ReadOptions {
  source: LogSource;
  /** Number of lines from the end to start with; undefined for all. */
  tailLines: number | undefined;
  /** Set to follow the log. */
  follow: { isRunning: () => Promise<boolean>; signal: AbortSignal } | undefined;
  /** Takes a line; false ends the reading. */
  onLine: (line: LogLine) => boolean;
  /** Called for lines that cannot be parsed. */
  onBadLine: (line: string, reason: string) => void;
  /** Awaited between chunks: back-pressure of the output. */
  whenWritable: () => Promise<void>;
}

/**
 * Reads a log line by line. With `follow`, continues across rotations until the container has exited and
 * its log is read to the end, or the signal is aborted.
 */
export async function readLog(options: ReadOptions): Promise<void> {
  const { follow, tailLines } = options;
  const source = await LogFile.open(options.source, tailLines);
  let remaining = follow === undefined ? (tailLines ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  /** False when no more lines are wanted. */
  const pass = (entries: readonly Entry[]) =>
    entries.every((line) => {
      if ('reason' in line) {
        options.onBadLine(line.text, line.reason);
        return true;
      }
      remaining -= 1;
      return options.onLine(line) && remaining > 0;
    });
  const passAll = async (read: () => Promise<Entry[]>) => {
    for (let lines = await read(); lines.length > 0; lines = await read()) {
      if (!pass(lines)) return false;
      await options.whenWritable();
    }
    return true;
  };
  try {
    if (remaining === 0) return;
    if (follow === undefined) {
      if (await passAll(() => source.read())) pass(source.finish());
      return;
    }
    const changes = new DirectoryChanges(follow.signal);
    changes.add(dirname(options.source.path));
    try {
      for (let isRunning = true; isRunning && !follow.signal.aborted; ) {
        // Get the state before the last read, so that the last lines are read.
        isRunning = await follow.isRunning();
        if (!(await passAll(() => source.readOn()))) return;
        if (isRunning) await changes.next(checkPeriodMs);
      }
    } finally {
      changes.close();
    }
    if (!follow.signal.aborted) pass(source.finish());
  } finally {
    await source.close();
  }
}
