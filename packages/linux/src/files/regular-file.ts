import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { closeDescriptor } from '../syscall/libc.ts';
import { O_PATH } from './open-flags.ts';

const O_CLOEXEC = 0o2000000;

/**
 * How a regular file is opened once it is known to be one: neither of these flags matters to such a file, but what
 * an open file is can no longer change, and they cost nothing.
 */
const safely = constants.O_NONBLOCK | constants.O_NOCTTY | O_CLOEXEC;

/** What a file has to be to be read. */
export interface ReadOptions {
  /** A larger one is refused. */
  readonly maxBytes: number;
  /** Whether the path may end in a symbolic link; it may unless it says otherwise. */
  readonly followLink?: boolean;
}

/** A file that is not read for what it is: not a regular one, or too large. */
export class UnsuitableFileError extends Error {
  override readonly name = 'UnsuitableFileError';
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.path = path;
  }
}

/**
 * Reads a file that somebody else may have put there. What is not a regular file is refused without being opened:
 * a FIFO would block, a device could do anything.
 *
 * @throws UnsuitableFileError saying what it is instead, or that it is larger than `maxBytes`
 */
export async function readRegularFile(path: string, options: ReadOptions): Promise<Buffer> {
  await using file = await openRegularFile(path, options);
  const { size } = await file.stat();
  refuseLarger(path, size, options.maxBytes);
  const chunks: Buffer[] = [];
  for (let total = 0; ; ) {
    // One byte more than there should be: files of the kernel tell no size, and others grow.
    const wanted = Math.min(chunkBytes(size, total), options.maxBytes + 1 - total);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, total);
    if (bytesRead === 0) return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
    refuseLarger(path, total, options.maxBytes);
  }
}

/** As readRegularFile, for what has to be synchronous. */
export function readRegularFileSync(path: string, options: ReadOptions): Buffer {
  const descriptor = openRegularFileSync(path, options);
  try {
    return readDescriptor(descriptor, path, options);
  } finally {
    closeSync(descriptor);
  }
}

/** The last bytes of a regular file, at most `maxBytes`; the rest is not looked at, however large it is. */
export async function readEndOfRegularFile(path: string, options: ReadOptions): Promise<Buffer> {
  await using file = await openRegularFile(path, options);
  const { size } = await file.stat();
  const length = Math.min(size, options.maxBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}

/** As readEndOfRegularFile, for a descriptor of O_PATH as safe-path.ts opens them, which it closes. */
export async function readEndOfOpenedFile(
  descriptor: number,
  about: string,
  { maxBytes }: Pick<ReadOptions, 'maxBytes'>,
): Promise<Buffer> {
  try {
    refuseIrregular(about, fstatSync(descriptor));
    return await readEndOfRegularFile(`/proc/self/fd/${descriptor}`, { maxBytes });
  } finally {
    closeDescriptor(descriptor);
  }
}

/** Opens a file for reading that is a regular one, as readRegularFile does. */
export async function openRegularFile(
  path: string,
  { followLink = true }: Pick<ReadOptions, 'followLink'> = {},
): Promise<FileHandle> {
  await using seen = await open(path, lookFlags(followLink));
  refuseIrregular(path, await seen.stat());
  return await open(`/proc/self/fd/${seen.fd}`, constants.O_RDONLY | safely);
}

/** As openRegularFile, for what has to be synchronous. The caller closes the descriptor with fs.closeSync. */
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

/**
 * Reads what a descriptor of O_PATH is open on, as safe-path.ts opens them, and closes it.
 *
 * @param about the file, for messages
 */
export function readOpenedFile(descriptor: number, about: string, options: ReadOptions): Buffer {
  try {
    const reopened = reopenRegular(descriptor, about);
    try {
      return readDescriptor(reopened, about, options);
    } finally {
      closeSync(reopened);
    }
  } finally {
    closeDescriptor(descriptor);
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

/** All that there should be at once, and then a little to see that it was all. */
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

/** What a file is, with its article. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device';
  return 'a regular file';
}
