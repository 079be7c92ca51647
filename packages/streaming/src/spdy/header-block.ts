// Header blocks: names and values with length prefixes, compressed by one zlib stream per direction of a connection (SPDY
// Protocol, Draft 3, section 2.6.10).

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { messageOf } from '@berth/common/error-message.ts';
import { headerDictionary, headerDictionaryId } from './dictionary.ts';
import { SpdyError } from './frame-decoder.ts';

/** Header values by lower-case name; of several values for one name, the first. */
export type StreamHeaders = ReadonlyMap<string, string>;

/** Maximum size of an inflated block; those of these protocols have a few dozen bytes. */
const maxBlock = 16 * 1024;
const maxHeaders = 64;
/** Maximum length of a header value that is kept; these protocols have no longer ones. */
const maxKeptValue = 256;
/** The window size of deflate. */
const deflateWindow = 32 * 1024;

/** The uncompressed block of some headers. */
export function encodeHeaders(headers: Iterable<readonly [string, string]>): Buffer {
  const parts: Buffer[] = [];
  const put = (text: string): void => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  };
  let count = 0;
  for (const [name, value] of headers) {
    put(name.toLowerCase());
    put(value);
    count++;
  }
  const head = Buffer.alloc(4);
  head.writeUInt32BE(count);
  return Buffer.concat([head, ...parts]);
}

/** Parses an uncompressed block; keeps only headers in `names` when given. Throws SpdyError. */
export function decodeHeaders(block: Buffer, names?: ReadonlySet<string>): StreamHeaders {
  let offset = 0;
  const word = (): number => {
    if (offset + 4 > block.length) throw new SpdyError('header block ends early');
    offset += 4;
    return block.readUInt32BE(offset - 4);
  };
  const bytes = (): Buffer => {
    const length = word();
    if (offset + length > block.length) throw new SpdyError('header block ends early');
    offset += length;
    return block.subarray(offset - length, offset);
  };
  const seen = new Set<string>();
  const headers = new Map<string, string>();
  const count = word();
  if (count > maxHeaders) throw new SpdyError(`${count} headers in one block`);
  for (let index = 0; index < count; index++) {
    const name = bytes().toString();
    if (name === '') throw new SpdyError('header without a name');
    if (name !== name.toLowerCase()) throw new SpdyError(`header ${quoted(name)} is not lower case`);
    if (seen.has(name)) throw new SpdyError(`header ${quoted(name)} given twice`);
    seen.add(name);
    const values = bytes();
    if (names !== undefined && !names.has(name)) continue;
    const end = values.indexOf(0);
    const first = end < 0 ? values : values.subarray(0, end);
    if (first.length > maxKeptValue)
      throw new SpdyError(
        `header ${quoted(name)} of ${first.length} bytes, at most ${maxKeptValue} are taken`,
      );
    headers.set(name, first.toString());
  }
  if (offset !== block.length) throw new SpdyError('header block goes on after its last header');
  return headers;
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}

/**
 * The sliding window of a deflate stream. Every header block ends with a sync flush, at a byte boundary without an open
 * deflate block, so this text is the only state that the next block needs. Each block is a synchronous call with the
 * window as its dictionary, and a connection holds no zlib context.
 */
class Window {
  #text: Buffer;
  constructor(text: Buffer) {
    this.#text = text;
  }
  get text(): Buffer {
    return this.#text;
  }
  append(block: Buffer): void {
    this.#text = Buffer.concat([this.#text, block]).subarray(-deflateWindow);
  }
}

/** Compresses the header blocks of a connection. */
export class HeaderCompressor {
  readonly #window = new Window(headerDictionary);
  #begun = false;

  compress(headers: Iterable<readonly [string, string]>): Buffer {
    const block = encodeHeaders(headers);
    const compressed = deflateRawSync(block, {
      dictionary: this.#window.text,
      finishFlush: constants.Z_SYNC_FLUSH,
      memLevel: 2,
    });
    this.#window.append(block);
    if (this.#begun) return compressed;
    this.#begun = true;
    return Buffer.concat([zlibHeader(), compressed]);
  }
}

/** Deflate, 32 KiB window, preset dictionary (RFC 1950). */
function zlibHeader(): Buffer {
  const header = Buffer.from([0x78, 0xf9, 0, 0, 0, 0]);
  header.writeUInt32BE(headerDictionaryId, 2);
  return header;
}

/** Decompresses the header blocks of a connection. It must get every block, in the order of their frames. */
export class HeaderDecompressor {
  readonly #names: ReadonlySet<string> | undefined;
  #window: Window | undefined;

  /** Keeps only headers in `names` when given. */
  constructor(names?: ReadonlySet<string>) {
    this.#names = names;
  }

  decompress(compressed: Buffer): StreamHeaders {
    let body = compressed;
    if (this.#window === undefined) {
      const { dictionary, length } = parseZlibHeader(compressed);
      this.#window = new Window(dictionary);
      body = compressed.subarray(length);
    }
    const block = inflate(body, this.#window.text);
    this.#window.append(block);
    return decodeHeaders(block, this.#names);
  }
}

function parseZlibHeader(bytes: Buffer): { dictionary: Buffer; length: number } {
  if (bytes.length < 2) throw new SpdyError('header block ends early');
  const header = bytes.readUInt16BE(0);
  if (header % 31 !== 0 || (header & 0x0f00) !== 0x0800) throw new SpdyError('header block is not zlib');
  if ((header & 0x20) === 0) return { dictionary: Buffer.alloc(0), length: 2 };
  if (bytes.length < 6 || bytes.readUInt32BE(2) !== headerDictionaryId)
    throw new SpdyError('header block is compressed with an unknown dictionary');
  return { dictionary: headerDictionary, length: 6 };
}

function inflate(body: Buffer, dictionary: Buffer): Buffer {
  try {
    return inflateRawSync(body, {
      ...(dictionary.length > 0 && { dictionary }),
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxBlock,
      chunkSize: 4096,
    });
  } catch (error) {
    throw new SpdyError(`header block does not inflate: ${messageOf(error)}`);
  }
}
