// Lists an open directory with bounded memory and names of any bytes, for the walks of untrusted trees.
import { type Dirent, fstatSync, readdirSync } from 'node:fs';
import { opendir, readdir } from 'node:fs/promises';

/** A larger directory may have millions of entries and is read in portions. */
const wholeBytes = 128 * 1024;
const readAhead = 256;

/** A directory of one block is read synchronously, which is faster than a hop to the thread pool. */
const blockBytes = 4096;

/** A directory entry; its name is bytes, which need not be UTF-8. */
export type DirectoryEntry = Dirent<Buffer>;

/** The entries of an open directory, at most `breadth` at a time. */
export async function* entriesOf(descriptor: number, breadth: number): AsyncGenerator<DirectoryEntry[]> {
  const path = `/proc/self/fd/${descriptor}`;
  const { size } = fstatSync(descriptor);
  if (size <= wholeBytes) {
    const options = { withFileTypes: true, encoding: 'buffer' } as const;
    const entries = size <= blockBytes ? readdirSync(path, options) : await readdir(path, options);
    for (let from = 0; from < entries.length; from += breadth) yield entries.slice(from, from + breadth);
    return;
  }
  // Removing yielded entries does not disturb the reading of the others.
  // The types of Node lack the encoding `buffer`, which Node supports.
  const encoding = 'buffer' as BufferEncoding;
  using directory = await opendir(path, { bufferSize: readAhead, encoding });
  let batch: DirectoryEntry[] = [];
  for (let entry = await directory.read(); entry !== null; entry = await directory.read()) {
    batch.push(entry as unknown as DirectoryEntry);
    if (batch.length === breadth) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
