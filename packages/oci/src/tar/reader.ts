// A push parser for tar: a state machine over 512-byte blocks, without a promise per entry.
import { printable, quoted } from '@berth/common/printable.ts';
import { blockSize, padding, TarError, type TarHeader } from './entry.ts';
import { decodeFileName } from './file-name.ts';
import { type HeaderBlock, parseHeaderBlock } from './header-block.ts';
import { parsePaxRecords, xattrPrefix } from './pax.ts';
import {
  checkedFragments,
  type Fragment,
  OldGnuMap,
  type SparseMapReader,
  SparseText,
  sparseRecords,
} from './sparse.ts';

/** Callbacks of a TarReader. Content chunks are views of the pushed buffers: use or copy them at once. */
export interface TarHandler {
  /** A new entry. Only for a file, calls of `content` for its bytes and one call of `end` follow. */
  entry(header: TarHeader): void;
  content(chunk: Buffer): void;
  /** A hole of a sparse file: this many bytes are zeros. */
  hole(bytes: number): void;
  end(): void;
}

/** Maximum size of PAX headers and GNU long names, which are held in memory. */
const maxExtensionSize = 1024 * 1024;

/** Maximum length of a path or a link's target (PATH_MAX). */
const maxNameSize = 4096;

type Section =
  | { kind: 'header' }
  | { kind: 'extension'; typeFlag: string; chunks: Buffer[]; remaining: number }
  | { kind: 'sparse map'; entry: SparseEntry; map: SparseMapReader }
  | { kind: 'content'; remaining: number; holes?: SparsePosition }
  | { kind: 'skip'; remaining: number }
  /** After one of the two blocks of zeros at the end. */
  | { kind: 'zeros' }
  | { kind: 'trailer' };

/** A sparse file whose map is not read yet. */
interface SparseEntry {
  header: TarHeader & { type: 'file' };
  /** Size in the archive, which may include the map. */
  stored: number;
}

/** The position in a sparse file of the next byte of the archive. */
interface SparsePosition {
  size: number;
  position: number;
  fragments: Fragment[];
  /** Index of the current fragment. */
  index: number;
}

/**
 * Reads a tar archive that is pushed in chunks of any size, without a promise per entry: ustar, V7, star, PAX (path,
 * linkpath, size, uid, gid, mtime, extended attributes), GNU long names and links, base-256 numbers, and all formats of
 * GNU's sparse files. Accepts what Go's archive/tar accepts. Throws TarError for unknown types.
 */
export class TarReader {
  readonly #handler: TarHandler;
  #section: Section = { kind: 'header' };
  /** Whether any block was read. */
  #hasBlock = false;
  #block = Buffer.alloc(0);
  #globalPax = new Map<string, Buffer>();
  #pax = new Map<string, Buffer>();
  #longName: string | undefined;
  #longLink: string | undefined;
  #contentSize = 0;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** Reads the next chunk of the archive. */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      const section = this.#section;
      if (section.kind === 'trailer') return;
      if (section.kind === 'header' || section.kind === 'zeros' || section.kind === 'sparse map') {
        offset = this.#readBlock(chunk, offset);
        continue;
      }
      const piece = chunk.subarray(offset, offset + section.remaining);
      offset += piece.length;
      section.remaining -= piece.length;
      if (section.kind === 'content') {
        if (section.holes) this.#sparseContent(piece, section.holes);
        else this.#handler.content(piece);
        if (section.remaining === 0) this.#finishContent();
      } else if (section.kind === 'extension') {
        section.chunks.push(Buffer.from(piece));
        if (section.remaining === 0) this.#finishExtension(section.typeFlag, Buffer.concat(section.chunks));
      } else if (section.remaining === 0) {
        this.#section = { kind: 'header' };
      }
    }
  }

  /**
   * Ends the archive. Throws when it is truncated, but not when only the end blocks or the padding of the last file are
   * missing, as in many archives.
   */
  finish(): void {
    const { kind } = this.#section;
    const isBetween = (kind === 'header' || kind === 'zeros') && this.#block.length === 0;
    if (kind === 'trailer' || kind === 'skip' || isBetween) return;
    // A text file may be shorter than a block; a header has zeros after the name.
    const isText = !this.#hasBlock && !this.#block.includes(0);
    throw new TarError(isText ? 'not a tar archive' : 'tar archive is truncated');
  }

  #readBlock(chunk: Buffer, offset: number): number {
    const end = offset + blockSize - this.#block.length;
    if (this.#block.length === 0 && end <= chunk.length) {
      this.#acceptBlock(chunk.subarray(offset, end));
      return end;
    }
    this.#block = Buffer.concat([this.#block, chunk.subarray(offset, end)]);
    if (this.#block.length === blockSize) {
      const block = this.#block;
      this.#block = Buffer.alloc(0);
      this.#acceptBlock(block);
    }
    return Math.min(end, chunk.length);
  }

  #acceptBlock(block: Buffer): void {
    this.#hasBlock = true;
    if (this.#section.kind === 'sparse map') this.#acceptMap(block, this.#section);
    else this.#acceptHeader(block);
  }

  #acceptHeader(block: Buffer): void {
    const header = parseHeaderBlock(block);
    if (!header) {
      this.#section = this.#section.kind === 'zeros' ? { kind: 'trailer' } : { kind: 'zeros' };
      return;
    }
    if (this.#section.kind === 'zeros') throw new TarError('tar archive goes on after a block that ends it');
    if ('xgLK'.includes(header.typeFlag)) {
      if (header.size < 0 || header.size > maxExtensionSize) {
        throw new TarError(`extended tar header of ${header.size} bytes; the limit is ${maxExtensionSize}`);
      }
      this.#section = { kind: 'extension', typeFlag: header.typeFlag, chunks: [], remaining: header.size };
      if (header.size === 0) this.#section = { kind: 'header' };
      return;
    }
    this.#startEntry(header, block);
  }

  #finishExtension(typeFlag: string, content: Buffer): void {
    const end = content.indexOf(0);
    const text = () => decodeFileName(content.subarray(0, end === -1 ? content.length : end));
    if (typeFlag === 'L') this.#longName = text();
    else if (typeFlag === 'K') this.#longLink = text();
    else if (typeFlag === 'x') this.#pax = parsePaxRecords(content);
    else this.#setGlobalPax(parsePaxRecords(content, this.#globalPax));
    this.#skip(padding(content.length));
  }

  /** Sets the global PAX records, within a limit of their total size. */
  #setGlobalPax(records: Map<string, Buffer>): void {
    const size = records.entries().reduce((total, [key, value]) => total + key.length + value.length, 0);
    if (size > maxExtensionSize) {
      throw new TarError(`global PAX records of ${size} bytes; the limit is ${maxExtensionSize}`);
    }
    this.#globalPax = records;
  }

  #startEntry(block: HeaderBlock, bytes: Buffer): void {
    const records = new Map([...this.#globalPax, ...this.#pax]);
    const header = toHeader(block, records, this.#longName, this.#longLink);
    this.#pax = new Map();
    this.#longName = undefined;
    this.#longLink = undefined;
    // Only files have content: the size of other types, such as a link's target, is ignored.
    if (header.type !== 'file') {
      this.#section = { kind: 'header' };
      this.#handler.entry(header);
      return;
    }
    const stored = header.size;
    if (block.typeFlag === 'S') {
      const map = ofFile(header, () => new OldGnuMap(bytes));
      const entry = { header: { ...header, size: map.size }, stored };
      if (map.isComplete) this.#startSparse(entry, map.fragments);
      else this.#section = { kind: 'sparse map', entry, map };
      return;
    }
    const sparse = ofFile(header, () => sparseRecords(records));
    if (sparse) {
      const named = sparse.name === undefined ? header : { ...header, path: checkedName(sparse.name) };
      const entry = { header: { ...named, size: sparse.size ?? stored }, stored };
      if (sparse.fragments) this.#startSparse(entry, sparse.fragments);
      else this.#section = { kind: 'sparse map', entry, map: new SparseText() };
      return;
    }
    this.#handler.entry(header);
    this.#startContent(stored);
  }

  #acceptMap(block: Buffer, { entry, map }: { entry: SparseEntry; map: SparseMapReader }): void {
    // The extension blocks of the old format belong to the header.
    if (map instanceof SparseText) entry.stored -= blockSize;
    const fragments = ofFile(entry.header, () => map.push(block));
    if (fragments) this.#startSparse(entry, fragments);
    else if (entry.stored < 0) throw new TarError('a sparse file ends before its map');
  }

  #startSparse({ header, stored }: SparseEntry, map: readonly Fragment[]): void {
    const fragments = ofFile(header, () => checkedFragments(map, { size: header.size, stored }));
    this.#handler.entry(header);
    this.#startContent(stored, { size: header.size, position: 0, fragments, index: 0 });
  }

  #startContent(stored: number, holes?: SparsePosition): void {
    this.#contentSize = stored;
    this.#section = { kind: 'content', remaining: stored, ...(holes && { holes }) };
    if (stored === 0) this.#finishContent();
  }

  #sparseContent(piece: Buffer, holes: SparsePosition): void {
    for (let offset = 0; offset < piece.length; ) {
      const fragment = holes.fragments[holes.index];
      if (!fragment) throw new TarError('a sparse file has more bytes than its map says');
      this.#holeUpTo(fragment.offset, holes);
      const end = fragment.offset + fragment.length;
      const part = piece.subarray(offset, offset + end - holes.position);
      this.#handler.content(part);
      offset += part.length;
      holes.position += part.length;
      if (holes.position === end) holes.index += 1;
    }
  }

  #holeUpTo(end: number, holes: SparsePosition): void {
    if (end <= holes.position) return;
    this.#handler.hole(end - holes.position);
    holes.position = end;
  }

  #finishContent(): void {
    const section = this.#section;
    if (section.kind === 'content' && section.holes) this.#holeUpTo(section.holes.size, section.holes);
    this.#handler.end();
    this.#skip(padding(this.#contentSize));
  }

  #skip(bytes: number): void {
    this.#section = bytes === 0 ? { kind: 'header' } : { kind: 'skip', remaining: bytes };
  }
}

/** Runs `read`; adds the path of the file to its error. */
function ofFile<T>({ path }: TarHeader, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw new TarError(`${printable(path, 200)}: ${error.message}`, { cause: error });
  }
}

/** Combines a header block with the PAX records and GNU names in front of it. */
function toHeader(
  block: HeaderBlock,
  records: Map<string, Buffer>,
  longName: string | undefined,
  longLink: string | undefined,
): TarHeader {
  const path = checkedName(longName || paxName(records, 'path') || block.name);
  const target = checkedName(longLink || paxName(records, 'linkpath') || block.linkName);
  const xattrs = extendedAttributes(records);
  const attributes = {
    path,
    mode: block.mode,
    uid: paxId(records, 'uid') ?? block.uid,
    gid: paxId(records, 'gid') ?? block.gid,
    mtime: paxNumber(records, 'mtime') ?? block.mtime,
    ...(xattrs && { xattrs }),
  };
  const { deviceMajor: major, deviceMinor: minor } = block;
  switch (block.typeFlag) {
    case '0':
    case '\0':
    case '7':
    case 'S': {
      // Pre-POSIX archives mark a directory by a slash at the end of its name.
      if (block.typeFlag === '\0' && path.endsWith('/')) return { ...attributes, type: 'directory' };
      const size = paxNumber(records, 'size') ?? block.size;
      if (!Number.isSafeInteger(size) || size < 0) {
        throw new TarError(`${printable(path, 200)}: ${size} is not the size of a file`);
      }
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
  if (!/^[+-]?[0-9]+(\.[0-9]*)?$/.test(text)) {
    throw new TarError(`malformed PAX header: ${key}=${printable(text, 40)}`);
  }
  return Number(text);
}

/** The lowest 32 bits of a user or group id, as the kernel takes them. */
function paxId(records: Map<string, Buffer>, key: string): number | undefined {
  const value = paxNumber(records, key);
  if (value === undefined) return undefined;
  if (!Number.isInteger(value)) throw new TarError(`malformed PAX header: ${key}=${value}`);
  return value >>> 0;
}

function checkedName(name: string): string {
  // A character has at most as many units as bytes.
  if (name.length <= maxNameSize) return name;
  throw new TarError(`${quoted(name)} is longer than a file's name may be, ${maxNameSize} bytes`);
}
