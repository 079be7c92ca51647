// Parses and encodes the 512-byte header blocks of tar, with the variants that real archives contain.
import { blockSize, TarError } from './entry.ts';
import { decodeFileName } from './file-name.ts';

/** A 512-byte header block of a tar archive: the fields of POSIX ustar with GNU's extensions. */
export interface HeaderBlock {
  name: string;
  mode: number;
  /** The lowest 32 bits of the number, as the kernel takes them. */
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  /** One character, e.g. `0` file, `5` directory, `x` PAX header. */
  typeFlag: string;
  linkName: string;
  deviceMajor: number;
  deviceMinor: number;
}

const checksumOffset = 148;
const zeros = Buffer.alloc(blockSize);

/** Parses a block; undefined for the block of zeros at the end of an archive. */
export function parseHeaderBlock(block: Buffer): HeaderBlock | undefined {
  if (block[0] === 0 && block.equals(zeros)) return undefined;
  checkSum(block);
  const format = formatOf(block);
  const prefix = prefixOf(block, format);
  const name = text(block, 0, 100);
  return {
    name: prefix ? `${prefix}/${name}` : name,
    mode: numeric(block, 100, 8) & 0o7777,
    uid: numeric(block, 108, 8) >>> 0,
    gid: numeric(block, 116, 8) >>> 0,
    size: numeric(block, 124, 12),
    mtime: numeric(block, 136, 12),
    typeFlag: String.fromCharCode(block[156] ?? 0),
    linkName: text(block, 157, 100),
    deviceMajor: format === 'v7' ? 0 : numeric(block, 329, 8),
    deviceMinor: format === 'v7' ? 0 : numeric(block, 337, 8),
  };
}

function checkSum(block: Buffer): void {
  let sum = 8 * 0x20;
  // Old versions of Sun's tar summed signed bytes.
  let signed = sum;
  for (let index = 0; index < blockSize; index++) {
    if (index === checksumOffset) index += 8;
    const byte = block[index] ?? 0;
    sum += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const written = numeric(block, checksumOffset, 8);
  if (written !== sum && written !== signed) throw new TarError('not a tar archive: wrong header checksum');
}

type Format = 'v7' | 'ustar' | 'star' | 'gnu';

function formatOf(block: Buffer): Format {
  const magic = block.toString('latin1', 257, 265);
  if (magic === 'ustar  \0') return 'gnu';
  if (!magic.startsWith('ustar\0')) return 'v7';
  return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar';
}

function prefixOf(block: Buffer, format: Format): string {
  if (format === 'ustar') return text(block, 345, 155);
  if (format === 'star') return text(block, 345, 131);
  if (format === 'v7' || [345, 357].every((offset) => isGnuTime(block, offset))) return '';
  // Go before 1.8 wrote a prefix into the atime and ctime fields of GNU's format.
  const prefix = text(block, 345, 155);
  return /^\p{ASCII}*$/u.test(prefix) ? prefix : '';
}

function isGnuTime(block: Buffer, offset: number): boolean {
  if (block[offset] === 0) return true;
  try {
    numeric(block, offset, 12);
    return true;
  } catch {
    return false;
  }
}

function text(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  return decodeFileName(block.subarray(offset, end === -1 || end > offset + length ? offset + length : end));
}

/** Parses octal digits, or GNU's base-256 (top bit set, big-endian two's complement) for larger numbers. */
export function numeric(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  if (first & 0x80) {
    let value = (first & 0x7f) - (first & 0x40 ? 128 : 0);
    for (let index = 1; index < length; index++) value = value * 256 + (block[offset + index] ?? 0);
    if (Math.abs(value) >= 2 ** 63) throw new TarError('number in a tar header is out of range');
    return value;
  }
  const [digits = ''] = block
    .toString('latin1', offset, offset + length)
    .replace(/^[\0 ]+|[\0 ]+$/g, '')
    .split('\0');
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw new TarError('not a tar archive: header field is not a number');
  return Number.parseInt(digits, 8);
}

/** Encodes a ustar block. The caller writes PAX records for values that do not fit its fields. */
export function encodeHeaderBlock(header: HeaderBlock): Buffer {
  const block = Buffer.alloc(blockSize);
  block.write(header.name, 0, 100);
  octal(block, header.mode, 100, 8);
  octal(block, header.uid, 108, 8);
  octal(block, header.gid, 116, 8);
  octal(block, header.size, 124, 12);
  octal(block, header.mtime, 136, 12);
  block.write('        ', checksumOffset);
  block.write(header.typeFlag, 156, 'latin1');
  block.write(header.linkName, 157, 100);
  block.write('ustar\x0000', 257, 'latin1');
  octal(block, header.deviceMajor, 329, 8);
  octal(block, header.deviceMinor, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, checksumOffset, 'latin1');
  return block;
}

function octal(block: Buffer, value: number, offset: number, length: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, length, 'latin1');
}
