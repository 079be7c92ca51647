// Parses the maps of GNU tar's sparse files (old format and PAX 0.0, 0.1, 1.0) for TarReader.
import { blockSize, TarError } from './entry.ts';
import { numeric } from './header-block.ts';

/** A part of a sparse file with data in the archive; the rest is holes. */
export interface Fragment {
  offset: number;
  length: number;
}

/** Records of GNU tar's PAX formats for sparse files. */
export const sparsePrefix = 'GNU.sparse.';

/** Maximum size of a map, which is held in memory: the same as of other extended headers. */
const maxMapSize = 1024 * 1024;

/** The sparse map in the PAX records of a file. */
export interface SparseRecords {
  name: string | undefined;
  /** Size of the file with its holes. */
  size: number | undefined;
  /** Undefined in format 1.0, whose map precedes the content. */
  fragments: Fragment[] | undefined;
}

/**
 * Parses GNU tar's records of a sparse file, with the map of formats 0.0 and 0.1; see parsePaxRecords for 0.0. Undefined
 * for a file without holes, and for an unknown format, as in other readers.
 */
export function sparseRecords(records: ReadonlyMap<string, Buffer>): SparseRecords | undefined {
  const get = (key: string) => records.get(`${sparsePrefix}${key}`)?.toString() || undefined;
  const version = `${get('major') ?? ''}.${get('minor') ?? ''}`;
  const map = get('map');
  if (!['0.0', '0.1', '1.0'].includes(version) && (version !== '.' || map === undefined)) return undefined;
  const size = get('size') ?? get('realsize');
  return {
    name: get('name'),
    size: size === undefined ? undefined : decimal(size),
    fragments: version === '1.0' ? undefined : fragmentsOf(map?.split(',') ?? [], get('numblocks')),
  };
}

function fragmentsOf(numbers: readonly string[], count: string | undefined): Fragment[] {
  if (count === undefined || numbers.length !== 2 * decimal(count)) {
    throw new TarError('the map of a sparse file does not have the length that it says');
  }
  const fragments: Fragment[] = [];
  for (let index = 0; index < numbers.length; index += 2) {
    fragments.push({ offset: decimal(numbers[index]), length: decimal(numbers[index + 1]) });
  }
  return fragments;
}

function decimal(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || !/^\+?[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new TarError('malformed map of a sparse file');
  }
  return value;
}

/** Reads a map in blocks in front of a file's content. */
export interface SparseMapReader {
  /** Adds the next block; returns the map when it was the last one. */
  push(block: Buffer): Fragment[] | undefined;
}

/** The map of PAX format 1.0: lines of decimal numbers, of which the first is the number of pairs. */
export class SparseText implements SparseMapReader {
  #text = '';
  #lines = 0;

  push(block: Buffer): Fragment[] | undefined {
    this.#text += block.toString('latin1');
    if (this.#text.length > maxMapSize) throw new TarError('the map of a sparse file is too long');
    for (const byte of block) if (byte === 0x0a) this.#lines += 1;
    if (this.#lines === 0) return undefined;
    const count = this.#text.slice(0, this.#text.indexOf('\n'));
    const total = 1 + 2 * decimal(count);
    if (this.#lines < total) return undefined;
    return fragmentsOf(this.#text.split('\n', total).slice(1), count);
  }
}

/** Entries of offset and length in a header of the old GNU format, and in a block that extends it. */
const inHeader = { offset: 386, entries: 4 };
const inExtension = { offset: 0, entries: 21 };
const entryBytes = 24;

/** The map of the old GNU format: four entries in the header, and extension blocks with 21 each. */
export class OldGnuMap implements SparseMapReader {
  /** Size of the file with its holes. */
  readonly size: number;
  readonly fragments: Fragment[] = [];
  /** Whether the header contained the whole map. */
  readonly isComplete: boolean;
  #blocks = 0;

  constructor(header: Buffer) {
    // star uses the same type for another layout.
    if (header.toString('latin1', 257, 265) !== 'ustar  \0') {
      throw new TarError("sparse file in a format that is not GNU tar's");
    }
    this.size = numeric(header, 483, 12);
    this.isComplete = !this.#add(header, inHeader);
  }

  push(block: Buffer): Fragment[] | undefined {
    this.#blocks += 1;
    if (this.#blocks * blockSize > maxMapSize) throw new TarError('the map of a sparse file is too long');
    return this.#add(block, inExtension) ? undefined : this.fragments;
  }

  /** Adds the entries of a block; returns whether another block follows. */
  #add(block: Buffer, { offset, entries }: typeof inHeader): boolean {
    for (let index = 0; index < entries; index++) {
      const at = offset + index * entryBytes;
      if (block[at] === 0) break;
      this.fragments.push({ offset: numeric(block, at, 12), length: numeric(block, at + 12, 12) });
    }
    return block[offset + entries * entryBytes] !== 0;
  }
}

/**
 * Validates a map: fragments are in order and inside the file, and their sizes add up to that in the archive. Drops
 * empty fragments.
 */
export function checkedFragments(
  fragments: readonly Fragment[],
  { size, stored }: { size: number; stored: number },
): Fragment[] {
  let end = 0;
  let total = 0;
  for (const { offset, length } of fragments) {
    if (offset < end || length < 0 || offset + length > size) {
      throw new TarError('the map of a sparse file has pieces that overlap or are outside of it');
    }
    end = offset + length;
    total += length;
  }
  if (size < 0 || !Number.isSafeInteger(size) || total !== stored) {
    throw new TarError('a sparse file has not as many bytes as its map says');
  }
  return fragments.filter(({ length }) => length > 0);
}
