// Reads files that another user or a container may have replaced by a FIFO, device or link. Opens with O_PATH first.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { O_CLOEXEC, O_PATH } from './open-flags.ts';

/** Flags for reopening the descriptor of a regular file. O_NOCTTY and O_NONBLOCK do not affect regular files. */
const safely = constants.O_NONBLOCK | constants.O_NOCTTY | O_CLOEXEC;

export interface ReadOptions {
  /** Refuses a larger file. */
  readonly maxBytes: number;
  /** Whether the path may end in a symbolic link; default: true. */
  readonly followLink?: boolean;
}

/** A file is refused: it is not a regular file, or too large. */
export class UnsuitableFileError extends Error {
  override readonly name = 'UnsuitableFileError';
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.path = path;
  }
}

/**
 * Reads a file that another user may have created. Refuses anything but a regular file before opening it for reading:
 * opening a FIFO blocks, and opening a device may have side effects.
 *
 * @throws UnsuitableFileError that names the type of the file, or says that it is larger than `maxBytes`
 *
 * @example
 * import { writeFile } from 'node:fs/promises';
 *
 * await writeFile('config.json', '{}');
 * assert.equal((await readRegularFile('config.json', { maxBytes: 1024 })).toString(), '{}');
 * await assert.rejects(readRegularFile('/dev/zero', { maxBytes: 1024 }), /is a device, not a regular file/);
 */
export async function readRegularFile(path: string, options: ReadOptions): Promise<Buffer> {
  await using file = await openRegularFile(path, options);
  const { size } = await file.stat();
  refuseLarger(path, size, options.maxBytes);
  const chunks: Buffer[] = [];
  for (let total = 0; ; ) {
    // Read one byte beyond the limit, to detect a file that grows. Files in /proc report a size of 0.
    const wanted = Math.min(chunkBytes(size, total), options.maxBytes + 1 - total);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, total);
    if (bytesRead === 0) return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
    refuseLarger(path, total, options.maxBytes);
  }
}

/** Synchronous readRegularFile. */
export function readRegularFileSync(path: string, options: ReadOptions): Buffer {
  const descriptor = openRegularFileSync(path, options);
  try {
    return readDescriptor(descriptor, path, options);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads the last `maxBytes` bytes of a regular file of any size. */
export async function readEndOfRegularFile(path: string, options: ReadOptions): Promise<Buffer> {
  await using file = await openRegularFile(path, options);
  const { size } = await file.stat();
  const length = Math.min(size, options.maxBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}

/** readEndOfRegularFile for an O_PATH descriptor, which the caller closes; `about` names the file in errors. */
export async function readEndOfDescriptor(
  descriptor: number,
  about: string,
  { maxBytes }: Pick<ReadOptions, 'maxBytes'>,
): Promise<Buffer> {
  refuseIrregular(about, fstatSync(descriptor));
  return await readEndOfRegularFile(`/proc/self/fd/${descriptor}`, { maxBytes });
}

/** Opens a regular file for reading; refuses what readRegularFile refuses. */
export async function openRegularFile(
  path: string,
  { followLink = true }: Pick<ReadOptions, 'followLink'> = {},
): Promise<FileHandle> {
  await using seen = await open(path, lookFlags(followLink));
  refuseIrregular(path, await seen.stat());
  return await open(`/proc/self/fd/${seen.fd}`, constants.O_RDONLY | safely);
}

/** Synchronous openRegularFile. The caller closes the descriptor with fs.closeSync. */
export function openRegularFileSync(
  path: string,
  { followLink = true }: Pick<ReadOptions, 'followLink'> = {},
): number {
  const seen = openSync(path, lookFlags(followLink));
  try {
    return reopenRegular(seen, path);
  } finally {
    closeSync(seen);
  }
}

/** readRegularFileSync for an O_PATH descriptor, which the caller closes; `about` names the file in errors. */
export function readRegularDescriptor(descriptor: number, about: string, options: ReadOptions): Buffer {
  const reopened = reopenRegular(descriptor, about);
  try {
    return readDescriptor(reopened, about, options);
  } finally {
    closeSync(reopened);
  }
}

function reopenRegular(descriptor: number, path: string): number {
  refuseIrregular(path, fstatSync(descriptor));
  return openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | safely);
}

function readDescriptor(descriptor: number, path: string, { maxBytes }: ReadOptions): Buffer {
  const { size } = fstatSync(descriptor);
  refuseLarger(path, size, maxBytes);
  const chunks: Buffer[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes(size, total), maxBytes + 1 - total));
    const bytesRead = readSync(descriptor, chunk, 0, chunk.length, total);
    if (bytesRead === 0) return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, bytesRead));
    total += bytesRead;
    refuseLarger(path, total, maxBytes);
  }
}

/** Reads the reported size at once, then a small chunk to find the end. */
function chunkBytes(size: number, total: number): number {
  return Math.max(size - total, total === 0 ? 4096 : 512);
}

function lookFlags(followLink: boolean): number {
  return O_PATH | O_CLOEXEC | (followLink ? 0 : constants.O_NOFOLLOW);
}

function refuseIrregular(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new UnsuitableFileError(path, `is ${kindOf(stats)}, not a regular file`);
}

function refuseLarger(path: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new UnsuitableFileError(path, `has more than ${maxBytes} bytes, the limit`);
}

/** The type of a file in words, e.g. `a FIFO`. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device';
  return 'a regular file';
}
