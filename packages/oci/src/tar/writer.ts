import { blockSize, padding, type TarEntry } from './entry.ts';
import { encodeFileName } from './file-name.ts';
import { encodeHeaderBlock } from './header-block.ts';
import { encodePaxRecords, xattrPrefix } from './pax.ts';

const typeFlags = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
} as const satisfies Record<TarEntry['type'], string>;

/**
 * Encodes a tar archive (POSIX PAX) as a series of buffers. Does not check names.
 *
 * @example
 * import { execFileSync } from 'node:child_process';
 *
 * const input = Buffer.concat([...encodeTar([{ type: 'directory', path: 'etc/' }])]);
 * assert.equal(execFileSync('tar', ['-t'], { input, encoding: 'utf8' }), 'etc/\n');
 */
export function* encodeTar(entries: Iterable<TarEntry>): Generator<Buffer> {
  for (const entry of entries) {
    const content = entry.type === 'file' ? Buffer.from(entry.content) : Buffer.alloc(0);
    yield* encodeHeader(entry, content.length);
    yield content;
    yield Buffer.alloc(padding(content.length));
  }
  yield endOfTar();
}

/** The blocks that end an archive. */
export function endOfTar(): Buffer {
  return Buffer.alloc(2 * blockSize);
}

/** The blocks in front of an entry's content, for a caller that writes the content of `size` bytes and its padding. */
export function* encodeHeader(entry: TarEntry, size: number): Generator<Buffer> {
  const link = 'target' in entry ? entry.target : '';
  const { uid = 0, gid = 0, mtime = 0 } = entry;
  const records = new Map<string, Buffer | string>();
  if (!fits(entry.path)) records.set('path', encodeFileName(entry.path));
  if (!fits(link)) records.set('linkpath', encodeFileName(link));
  if (uid > 0o7777777) records.set('uid', String(uid));
  if (gid > 0o7777777) records.set('gid', String(gid));
  if (size > maxUstarSize) records.set('size', String(size));
  if (mtime < 0 || !Number.isInteger(mtime)) records.set('mtime', String(mtime));
  for (const [name, value] of entry.xattrs ?? []) records.set(xattrPrefix + name, value);
  if (records.size > 0) {
    const content = encodePaxRecords(records);
    yield encodeHeaderBlock({ ...emptyHeader, name: 'PaxHeaders.0', size: content.length, typeFlag: 'x' });
    yield content;
    yield Buffer.alloc(padding(content.length));
  }
  yield encodeHeaderBlock({
    name: fits(entry.path) ? entry.path : entry.path.slice(-20),
    mode: entry.mode ?? (entry.type === 'directory' ? 0o755 : 0o644),
    uid: uid > 0o7777777 ? 0 : uid,
    gid: gid > 0o7777777 ? 0 : gid,
    size: size > maxUstarSize ? 0 : size,
    mtime: Math.max(0, Math.floor(mtime)),
    typeFlag: typeFlags[entry.type],
    linkName: fits(link) ? link : '',
    deviceMajor: 'major' in entry ? entry.major : 0,
    deviceMinor: 'minor' in entry ? entry.minor : 0,
  });
}

/** Whether a name fits the ustar field: 100 bytes of ASCII. */
function fits(name: string): boolean {
  return name.length <= 100 && /^[\x20-\x7e]*$/.test(name);
}

/** Eleven octal digits. */
const maxUstarSize = 0o77777777777;

const emptyHeader = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  linkName: '',
  deviceMajor: 0,
  deviceMinor: 0,
};
