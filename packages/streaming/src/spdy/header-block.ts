// Header blocks: names and values with their lengths, compressed by one zlib stream per direction that lives
// as long as the connection (SPDY Protocol, Draft 3, section 2.6.10).

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { messageOf } from '@berth/common/error-message.ts';
import { headerDictionary, headerDictionaryId } from './dictionary.ts';
import { SpdyError } from './frame-decoder.ts';

/** Header values by lower-case name; of several values for one name, the first. */
export type StreamHeaders = ReadonlyMap<string, string>;

/** What a block may inflate to, at most: those of this protocol are a few dozen bytes. */
const maxBlock = 16 * 1024;
const maxHeaders = 64;
/** A longer value of a header that is kept is none that this protocol knows. */
const maxKeptValue = 256;
/** How far back a deflate stream may point. */
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

/** The headers of an uncompressed block; those not in `names`, when given, are left out. Throws SpdyError. */
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
 * The sliding window of a deflate stream. Every block ends with a sync flush, at a byte boundary and with no
 * open deflate block; all that the next one needs of the stream's past is this text. So each block is worked
 * off by one synchronous call with the window as its dictionary, without a zlib context held per connection.
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

/** The sending half of a connection's header compression. */
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

/** The receiving half. Its blocks have to come in the order of their frames, none left out. */
export class HeaderDecompressor {
  readonly #names: ReadonlySet<string> | undefined;
  #window: Window | undefined;

  /** Headers that are not in `names`, when given, are read and dropped. */
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
