// Reads the lines of a container's log file in chunks, across rotations.

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
  /** Number of lines from the end to start with; undefined for all. */
  tailLines: number | undefined;
}

/** A line that cannot be parsed. */
export interface BadLine {
  text: string;
  reason: string;
}

export type Entry = LogLine | BadLine;

export class LogFile {
  /** The path with symbolic links resolved. */
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

  /** Reads more lines; none at the present end of the file. Throws when the format of the first line is unknown. */
  async read(): Promise<Entry[]> {
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#chunk, 0, chunkSize, this.#offset);
      if (bytesRead === 0) return [];
      this.#offset += bytesRead;
      const lines = this.#cut(Buffer.from(this.#chunk.subarray(0, bytesRead)));
      if (lines.length > 0) return lines;
    }
  }

  /** As `read`, but continues when the file was truncated or rotated. */
  async readOn(): Promise<Entry[]> {
    // The file was truncated: read from its start.
    if ((await this.#file.stat()).size < this.#offset) this.#offset = 0;
    const lines = await this.read();
    if (lines.length > 0) return lines;
    const replacement = await openReplacement(this.path, this.#file);
    if (replacement === undefined) return [];
    // Read what was written between the last read and the rotation.
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

  /** The rest without a line break, as a line. */
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

/** Opens the file at `path` when it is not the open one, as after a rotation. */
async function openReplacement(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const [now, before] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  if (now === undefined || (now.ino === before.ino && now.dev === before.dev)) return undefined;
  return await openLog(path).catch(() => undefined);
}

/**
 * Opens a log without blocking. A container with access to its log directory may have replaced the file by a FIFO,
 * which would block, or by a device, which never ends.
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

/** Throws for anything but files and directories; reading a directory fails later, as with the real crictl. */
function requireReadable(stats: Stats, path: string): void {
  if (!stats.isFile() && !stats.isDirectory()) throw new Error(`open ${path}: not a regular file`);
}
