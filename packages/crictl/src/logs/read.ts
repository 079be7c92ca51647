// Reads a container's log file, once or for as long as the container runs.
import { watch } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { detectFormat, type LogLine } from './line.ts';
import { tailOffset } from './tail.ts';

const lineBreak = 0x0a;
const chunkSize = 64 * 1024;
/** How long to wait for a change before asking whether the container still runs. */
const checkPeriodMs = 1000;

export interface ReadOptions {
  path: string;
  /** Lines to read from the end; undefined for all. */
  tailLines: number | undefined;
  /** Present when the log is to be followed. */
  follow: { isRunning: () => Promise<boolean>; signal: AbortSignal } | undefined;
  /** Takes a line; false ends the reading. */
  onLine: (line: LogLine) => boolean;
  /** Awaited between chunks, so that a slow reader of the output slows the reading. */
  whenWritable: () => Promise<void>;
  /** Told of lines that cannot be parsed, which are left out. */
  onBadLine: (line: string, reason: string) => void;
}

/**
 * Reads the log at `path` line by line. When following, goes on over the rotation of the file until the
 * container is not running any more and its log is read to the end, or the signal is aborted.
 */
export async function readLog(options: ReadOptions): Promise<void> {
  const { follow } = options;
  const path = await realpath(options.path).catch((error: Error) => {
    throw new Error(`failed to open log file "${options.path}": ${error.message}`, { cause: error });
  });
  const lines = new LineReader(options);
  let file = await open(path);
  try {
    let offset = options.tailLines === undefined ? 0 : await tailOffset(file, options.tailLines);
    offset = await lines.readFrom(file, offset);
    if (follow === undefined) {
      lines.finish();
      return;
    }
    const changes = new DirectoryChanges(dirname(path), follow.signal);
    try {
      let isRunning = true;
      while (isRunning && !lines.stopped && !follow.signal.aborted) {
        // The container is asked for before the last read, so that nothing it wrote is missed.
        isRunning = await follow.isRunning();
        // A log that was truncated in place starts again.
        if ((await file.stat()).size < offset) offset = 0;
        offset = await lines.readFrom(file, offset);
        const replacement = await openReplacement(path, file);
        if (replacement) {
          offset = await lines.readFrom(file, offset);
          await file.close();
          file = replacement;
          offset = await lines.readFrom(file, 0);
        }
        if (isRunning) await changes.next(checkPeriodMs);
      }
    } finally {
      changes.close();
    }
    if (!follow.signal.aborted) lines.finish();
  } finally {
    await file.close();
  }
}

/** The file now at `path` when that is not the open one any more, as after a rotation. */
async function openReplacement(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const [now, before] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  if (now === undefined || (now.ino === before.ino && now.dev === before.dev)) return undefined;
  return await open(path).catch(() => undefined);
}

/** Cuts what it reads into lines, parses them, and passes them on. */
class LineReader {
  stopped = false;
  readonly #options: ReadOptions;
  readonly #chunk = Buffer.alloc(chunkSize);
  #begun: Buffer[] = [];
  #remaining: number;
  #parse: ((line: Buffer) => LogLine) | undefined;

  constructor(options: ReadOptions) {
    this.#options = options;
    const isLimited = options.tailLines !== undefined && options.follow === undefined;
    this.#remaining = isLimited ? (options.tailLines ?? 0) : Number.POSITIVE_INFINITY;
    this.stopped = this.#remaining === 0;
  }

  /** Reads to the end of the file; gives back the offset to go on from. */
  async readFrom(file: FileHandle, offset: number): Promise<number> {
    let position = offset;
    while (!this.stopped) {
      const { bytesRead } = await file.read(this.#chunk, 0, chunkSize, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      this.#cut(Buffer.from(this.#chunk.subarray(0, bytesRead)));
      await this.#options.whenWritable();
    }
    return position;
  }

  /** Takes what is left without a line break for a line. */
  finish(): void {
    const rest = Buffer.concat(this.#begun);
    this.#begun = [];
    if (rest.length > 0 && !this.stopped) this.#take(rest);
  }

  #cut(bytes: Buffer): void {
    let start = 0;
    for (
      let end = bytes.indexOf(lineBreak);
      end !== -1 && !this.stopped;
      end = bytes.indexOf(lineBreak, start)
    ) {
      const line = bytes.subarray(start, end + 1);
      this.#take(this.#begun.length === 0 ? line : Buffer.concat([...this.#begun, line]));
      this.#begun = [];
      start = end + 1;
    }
    if (start < bytes.length) this.#begun.push(bytes.subarray(start));
  }

  #take(line: Buffer): void {
    this.#parse ??= detectFormat(line);
    let parsed: LogLine;
    try {
      parsed = this.#parse(line);
    } catch (error) {
      this.#options.onBadLine(line.toString(), error instanceof Error ? error.message : String(error));
      return;
    }
    this.#remaining -= 1;
    if (!this.#options.onLine(parsed) || this.#remaining === 0) this.stopped = true;
  }
}

/** Waits for something to happen in a directory. */
class DirectoryChanges {
  readonly #watcher: ReturnType<typeof watch>;
  #changed = false;
  #wake: () => void = () => {};

  constructor(directory: string, signal: AbortSignal) {
    const notice = () => {
      this.#changed = true;
      this.#wake();
    };
    this.#watcher = watch(directory, notice);
    // A watcher that fails leaves the periodic check.
    this.#watcher.on('error', notice);
    signal.addEventListener('abort', notice, { once: true });
  }

  /** Resolves with the next change, at once when there was one since, or after `timeoutMs`. */
  async next(timeoutMs: number): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#changed = false;
  }

  close(): void {
    this.#watcher.close();
  }
}
