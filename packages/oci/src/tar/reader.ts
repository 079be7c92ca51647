import { printable, quoted } from '@berth/linux/printable.ts';
import { blockSize, padding, TarError, type TarHeader } from './entry.ts';
import { decodeFileName } from './file-name.ts';
import { type HeaderBlock, parseHeaderBlock } from './header-block.ts';
import { parsePaxRecords, xattrPrefix } from './pax.ts';

/** Receives what a TarReader finds. Content chunks are views into the pushed buffers: use them or copy them at once. */
export interface TarHandler {
  /** A new entry. For a file, `content` is called until its size is reached and then `end`; for others neither is. */
  entry(header: TarHeader): void;
  content(chunk: Buffer): void;
  end(): void;
}

/** PAX headers and GNU long names are held in memory; nothing honest comes near this many bytes. */
const maxExtensionSize = 1024 * 1024;

/** Bytes of a path or a link's target: the kernel takes no longer ones (PATH_MAX). */
const maxNameSize = 4096;

type Section =
  | { kind: 'header' }
  | { kind: 'extension'; typeFlag: string; chunks: Buffer[]; remaining: number }
  | { kind: 'content'; remaining: number }
  | { kind: 'skip'; remaining: number }
  | { kind: 'trailer' };

/**
 * Reads a tar archive pushed in pieces of any size, without a promise per entry: ustar, PAX (path, linkpath,
 * size, uid, gid, mtime, extended attributes), GNU long names and links, base-256 numbers. Sparse files, and
 * types that it does not know, are refused with a TarError.
 */
export class TarReader {
  private readonly handler: TarHandler;
  private section: Section = { kind: 'header' };
  private header = Buffer.alloc(0);
  private globalPax = new Map<string, Buffer>();
  private pax = new Map<string, Buffer>();
  private longName: string | undefined;
  private longLink: string | undefined;
  private contentSize = 0;

  constructor(handler: TarHandler) {
    this.handler = handler;
  }

  /** Reads the next piece of the archive. */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      const section = this.section;
      if (section.kind === 'trailer') return;
      if (section.kind === 'header') {
        offset = this.readHeader(chunk, offset);
        continue;
      }
      const piece = chunk.subarray(offset, offset + section.remaining);
      offset += piece.length;
      section.remaining -= piece.length;
      if (section.kind === 'content') {
        this.handler.content(piece);
        if (section.remaining === 0) this.finishContent();
      } else if (section.kind === 'extension') {
        section.chunks.push(Buffer.from(piece));
        if (section.remaining === 0) this.finishExtension(section.typeFlag, Buffer.concat(section.chunks));
      } else if (section.remaining === 0) {
        this.section = { kind: 'header' };
      }
    }
  }

  /** Tells the reader that nothing follows; throws when the archive stops in the middle of something. */
  finish(): void {
    const isComplete =
      this.section.kind === 'trailer' || (this.section.kind === 'header' && this.header.length === 0);
    if (!isComplete) throw new TarError('tar archive is truncated');
  }

  private readHeader(chunk: Buffer, offset: number): number {
    const end = offset + blockSize - this.header.length;
    if (this.header.length === 0 && end <= chunk.length) {
      this.acceptHeader(chunk.subarray(offset, end));
      return end;
    }
    this.header = Buffer.concat([this.header, chunk.subarray(offset, end)]);
    if (this.header.length === blockSize) {
      const block = this.header;
      this.header = Buffer.alloc(0);
      this.acceptHeader(block);
    }
    return Math.min(end, chunk.length);
  }

  private acceptHeader(block: Buffer): void {
    const header = parseHeaderBlock(block);
    if (!header) {
      this.section = { kind: 'trailer' };
      return;
    }
    if ('xgLK'.includes(header.typeFlag)) {
      if (header.size > maxExtensionSize) {
        throw new TarError(`extended tar header of ${header.size} bytes; the limit is ${maxExtensionSize}`);
      }
      this.section = { kind: 'extension', typeFlag: header.typeFlag, chunks: [], remaining: header.size };
      if (header.size === 0) this.section = { kind: 'header' };
      return;
    }
    this.startEntry(header);
  }

  private finishExtension(typeFlag: string, content: Buffer): void {
    const end = content.indexOf(0);
    const text = () => decodeFileName(content.subarray(0, end === -1 ? content.length : end));
    if (typeFlag === 'L') this.longName = text();
    else if (typeFlag === 'K') this.longLink = text();
    else if (typeFlag === 'x') this.pax = parsePaxRecords(content);
    else this.setGlobalPax(parsePaxRecords(content, this.globalPax));
    this.skip(padding(content.length));
  }

  /** Keeps records that hold up to the archive's end; each alone may be small and an archive have any number. */
  private setGlobalPax(records: Map<string, Buffer>): void {
    const size = records.entries().reduce((total, [key, value]) => total + key.length + value.length, 0);
    if (size > maxExtensionSize) {
      throw new TarError(`global PAX records of ${size} bytes; the limit is ${maxExtensionSize}`);
    }
    this.globalPax = records;
  }

  private startEntry(block: HeaderBlock): void {
    const header = toHeader(block, new Map([...this.globalPax, ...this.pax]), this.longName, this.longLink);
    this.pax = new Map();
    this.longName = undefined;
    this.longLink = undefined;
    this.handler.entry(header);
    // Only files have content: a size that other types carry (of a link's target, say) is not followed by any.
    if (header.type !== 'file') {
      this.section = { kind: 'header' };
      return;
    }
    this.contentSize = header.size;
    this.section = { kind: 'content', remaining: header.size };
    if (header.size === 0) this.finishContent();
  }

  private finishContent(): void {
    this.handler.end();
    this.skip(padding(this.contentSize));
  }

  private skip(bytes: number): void {
    this.section = bytes === 0 ? { kind: 'header' } : { kind: 'skip', remaining: bytes };
  }
}

/** Combines a header block with the PAX records and GNU names that came before it. */
function toHeader(
  block: HeaderBlock,
  records: Map<string, Buffer>,
  longName: string | undefined,
  longLink: string | undefined,
): TarHeader {
  const path = paxName(records, 'path') ?? longName ?? block.name;
  const target = paxName(records, 'linkpath') ?? longLink ?? block.linkName;
  for (const name of [path, target]) {
    // A character has at most as many units as bytes.
    if (name.length > maxNameSize) {
      throw new TarError(`${quoted(name)} is longer than a file's name may be, ${maxNameSize} bytes`);
    }
  }
  const isSparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
  if (isSparse || block.typeFlag === 'S')
    throw new TarError(`${printable(path, 200)}: sparse files are not supported`);
  const xattrs = extendedAttributes(records);
  const attributes = {
    path,
    mode: block.mode,
    uid: paxCount(records, 'uid') ?? block.uid,
    gid: paxCount(records, 'gid') ?? block.gid,
    mtime: paxNumber(records, 'mtime') ?? block.mtime,
    ...(xattrs && { xattrs }),
  };
  const { deviceMajor: major, deviceMinor: minor } = block;
  switch (block.typeFlag) {
    case '0':
    case '\0':
    case '7': {
      // Archives older than POSIX mark a directory by its name alone.
      if (block.typeFlag === '\0' && path.endsWith('/')) return { ...attributes, type: 'directory' };
      const size = paxCount(records, 'size') ?? block.size;
      if (size < 0) throw new TarError(`${printable(path, 200)}: negative size`);
      return { ...attributes, type: 'file', size };
    }
    case '1':
      return { ...attributes, type: 'hardlink', target };
    case '2':
      return { ...attributes, type: 'symlink', target };
    case '3':
      return { ...attributes, type: 'character-device', major, minor };
    case '4':
      return { ...attributes, type: 'block-device', major, minor };
    case '5':
      return { ...attributes, type: 'directory' };
    case '6':
      return { ...attributes, type: 'fifo' };
    default:
      throw new TarError(`${printable(path, 200)}: unknown tar entry type ${quoted(block.typeFlag)}`);
  }
}

function extendedAttributes(records: Map<string, Buffer>): Map<string, Buffer> | undefined {
  const found = [...records]
    .filter(([key]) => key.startsWith(xattrPrefix))
    .map(([key, value]): [string, Buffer] => [key.slice(xattrPrefix.length), value]);
  return found.length > 0 ? new Map(found) : undefined;
}

function paxName(records: Map<string, Buffer>, key: string): string | undefined {
  const bytes = records.get(key);
  return bytes && decodeFileName(bytes);
}

function paxNumber(records: Map<string, Buffer>, key: string): number | undefined {
  const text = records.get(key)?.toString();
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!/^-?[0-9]+(\.[0-9]*)?$/.test(text) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new TarError(`malformed PAX header: ${key}=${printable(text, 40)}`);
  }
  return value;
}

function paxCount(records: Map<string, Buffer>, key: string): number | undefined {
  const value = paxNumber(records, key);
  if (value !== undefined && (!Number.isInteger(value) || value < 0)) {
    throw new TarError(`malformed PAX header: ${key}=${value}`);
  }
  return value;
}
