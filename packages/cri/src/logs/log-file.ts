// Reads the lines of a container's log file in chunks, across rotations.

import type { FileHandle } from 'node:fs/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { detectFormat, type LogLine } from './line.ts';
import { tailOffset } from './tail.ts';

const lineBreak = 0x0a;
const chunkSize = 64 * 1024;
/** Maximum length of a line. Runtimes write parts of 16 KiB; a container may have written the file itself. */
const maxLine = 16 * 1024 * 1024;
/** So much of a line that is too long is reported. */
const maxReported = 256;

/** A log file, and how to open it without harm: a container may have replaced it. */
export interface LogSource {
  /** The path, for watching its directory. */
  path: string;
  /** Opens what is at the path now; throws when that is not a log file. */
  open(): Promise<FileHandle>;
}

/** A line that cannot be parsed. */
export interface BadLine {
  text: string;
  reason: string;
}

export type Entry = LogLine | BadLine;

export class LogFile {
  readonly #source: LogSource;
  readonly #chunk = Buffer.alloc(chunkSize);
  #file: FileHandle;
  #offset: number;
  #begun: Buffer[] = [];
  #begunLength = 0;
  /** Whether the rest of a line that is too long is being skipped. */
  #skips = false;
  #parse: ((line: Buffer) => LogLine) | undefined;

  private constructor(source: LogSource, file: FileHandle, offset: number) {
    this.#source = source;
    this.#file = file;
    this.#offset = offset;
  }

  /** Opens the file at its last `tailLines` lines, or at its start. */
  static async open(source: LogSource, tailLines: number | undefined): Promise<LogFile> {
    const file = await source.open();
    try {
      const offset = tailLines === undefined ? 0 : await tailOffset(file, tailLines);
      return new LogFile(source, file, offset);
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
    const replacement = await openReplacement(this.#source, this.#file);
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
    const rest = this.#take();
    return rest.length > 0 ? [this.#parsed(rest)] : [];
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #cut(bytes: Buffer): Entry[] {
    const lines: Entry[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineBreak); end !== -1; end = bytes.indexOf(lineBreak, start)) {
      if (!this.#skips) lines.push(this.#parsed(this.#take(bytes.subarray(start, end + 1))));
      this.#skips = false;
      start = end + 1;
    }
    if (start < bytes.length && !this.#skips) {
      this.#begun.push(bytes.subarray(start));
      this.#begunLength += bytes.length - start;
    }
    if (this.#begunLength > maxLine) {
      this.#skips = true;
      const text = this.#take().subarray(0, maxReported).toString();
      lines.push({ text, reason: `the line is longer than ${maxLine} bytes` });
    }
    return lines;
  }

  /** The line that has begun, with its end. */
  #take(end: Buffer = Buffer.alloc(0)): Buffer {
    const line = this.#begun.length === 0 ? end : Buffer.concat([...this.#begun, end]);
    this.#begun = [];
    this.#begunLength = 0;
    return line;
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

/** Opens the file when it is not the open one any more, as after a rotation. */
async function openReplacement(source: LogSource, file: FileHandle): Promise<FileHandle | undefined> {
  const replacement = await source.open().catch(() => undefined);
  if (replacement === undefined) return undefined;
  const [now, before] = await Promise.all([replacement.stat(), file.stat()]);
  if (now.ino !== before.ino || now.dev !== before.dev) return replacement;
  await replacement.close();
  return undefined;
}
