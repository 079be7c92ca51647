import { type Dirent, fstatSync, readdirSync } from 'node:fs';
import { opendir, readdir } from 'node:fs/promises';

/** A directory that takes more bytes than this may have millions of names, which are not read all at once. */
const wholeBytes = 128 * 1024;
const readAhead = 256;

/** And one of no more than a block is read sooner than another thread could be asked to. */
const blockBytes = 4096;

/** What a directory holds by a name. */
export type DirectoryEntry = Dirent<Buffer>;

/** What an open directory holds, at most `breadth` entries at a time. Names are bytes, as not all are UTF-8. */
export async function* entriesOf(descriptor: number, breadth: number): AsyncGenerator<DirectoryEntry[]> {
  const path = `/proc/self/fd/${descriptor}`;
  const { size } = fstatSync(descriptor);
  if (size <= wholeBytes) {
    const options = { withFileTypes: true, encoding: 'buffer' } as const;
    const entries = size <= blockBytes ? readdirSync(path, options) : await readdir(path, options);
    for (let from = 0; from < entries.length; from += breadth) yield entries.slice(from, from + breadth);
    return;
  }
  // What goes out of the directory meanwhile, since this was yielded, does not disturb the reading of the rest.
  // Node's types know no buffers here; Node does.
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
