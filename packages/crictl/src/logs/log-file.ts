// A container's log file as lines, read piece by piece and over its rotation.

import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { within } from '../errors/within.ts';
import { detectFormat, type LogLine } from './line.ts';
import { tailOffset } from './tail.ts';

const lineBreak = 0x0a;
const chunkSize = 64 * 1024;

export interface SourceOptions {
  path: string;
  /** Lines to begin with from the end; undefined for all. */
  tailLines: number | undefined;
}

/** A line that cannot be parsed. */
export interface BadLine {
  text: string;
  reason: string;
}

export type Entry = LogLine | BadLine;

export class LogFile {
  /** Where the file is, links followed. */
  readonly path: string;
  readonly #chunk = Buffer.alloc(chunkSize);
  #file: FileHandle;
  #offset: number;
  #begun: Buffer[] = [];
  #parse: ((line: Buffer) => LogLine) | undefined;

  private constructor(path: string, file: FileHandle, offset: number) {
    this.path = path;
    this.#file = file;
    this.#offset = offset;
  }

  static async open(options: SourceOptions): Promise<LogFile> {
    const path = await within(`failed to try resolving symlinks in path "${options.path}"`, async () => {
      await lstat(options.path);
      return await realpath(options.path);
    });
    const file = await within(`failed to open log file "${path}"`, () => openLog(path));
    try {
      const offset = options.tailLines === undefined ? 0 : await tailOffset(file, options.tailLines);
      return new LogFile(path, file, offset);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Some more lines; none at the end of what is written so far. Throws when the first line has no known format. */
  async read(): Promise<Entry[]> {
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#chunk, 0, chunkSize, this.#offset);
      if (bytesRead === 0) return [];
      this.#offset += bytesRead;
      const lines = this.#cut(Buffer.from(this.#chunk.subarray(0, bytesRead)));
      if (lines.length > 0) return lines;
    }
  }

  /** As `read`, and goes on where the file is written anew from its start, or replaced by another as in a rotation. */
  async readOn(): Promise<Entry[]> {
    // A log that was truncated in place starts again.
    if ((await this.#file.stat()).size < this.#offset) this.#offset = 0;
    const lines = await this.read();
    if (lines.length > 0) return lines;
    const replacement = await openReplacement(this.path, this.#file);
    if (replacement === undefined) return [];
    // What was written between the last read and the rotation.
    const rest = await this.read();
    if (rest.length > 0) {
      await replacement.close();
      return rest;
    }
    await this.#file.close();
    this.#file = replacement;
    this.#offset = 0;
    return await this.read();
  }

  /** What is left without a line break, taken for a line. */
  finish(): Entry[] {
    const rest = Buffer.concat(this.#begun);
    this.#begun = [];
    return rest.length > 0 ? [this.#parsed(rest)] : [];
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #cut(bytes: Buffer): Entry[] {
    const lines: Entry[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineBreak); end !== -1; end = bytes.indexOf(lineBreak, start)) {
      const line = bytes.subarray(start, end + 1);
      lines.push(this.#parsed(this.#begun.length === 0 ? line : Buffer.concat([...this.#begun, line])));
      this.#begun = [];
      start = end + 1;
    }
    if (start < bytes.length) this.#begun.push(bytes.subarray(start));
    return lines;
  }

  #parsed(line: Buffer): Entry {
    this.#parse ??= detectFormat(line);
    try {
      return this.#parse(line);
    } catch (error) {
      return { text: line.toString(), reason: messageOf(error) };
    }
  }
}

/** The file now at `path` when that is not the open one any more, as after a rotation. */
async function openReplacement(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const [now, before] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  if (now === undefined || (now.ino === before.ino && now.dev === before.dev)) return undefined;
  return await openLog(path).catch(() => undefined);
}

/**
 * Opens a log that a container may have exchanged, if it was given the folder of its logs: a FIFO would block for
 * ever, and a device never end.
 */
async function openLog(path: string): Promise<FileHandle> {
  requireReadable(await stat(path), path);
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    requireReadable(await file.stat(), path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A directory fails when it is read, as with the real crictl. */
function requireReadable(stats: Stats, path: string): void {
  if (!stats.isFile() && !stats.isDirectory()) throw new Error(`open ${path}: not a regular file`);
}
