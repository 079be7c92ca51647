// Header blocks of HTTP/2 (RFC 7541) without the dynamic table, which our SETTINGS forbid the other side.
import { huffmanDecode } from './huffman.ts';

/** The static table (appendix A) from index 1 on; of the values only those of pseudo-headers matter to us. */
const staticTable = (
  ':authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|' +
  ':status 204|:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|' +
  'accept-encoding gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|' +
  'authorization|cache-control|content-disposition|content-encoding|content-language|content-length|' +
  'content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|' +
  'if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|' +
  'proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|' +
  'strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'
).split('|');

/** Pure: a header block of literals that no table remembers. Names are in lower case; both are ASCII. */
export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [
      Buffer.of(0),
      encodeString(name),
      encodeString(value),
    ]),
  );
}

function encodeString(text: string): Buffer {
  const octets = Buffer.from(text, 'latin1');
  const length = [];
  let rest = octets.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), octets]);
}

/** An answer of gRPC has a dozen. */
const maxHeaders = 1000;

/** Pure: the headers of a block; of a name that comes twice the last one. Throws when it cannot be read. */
export function decodeHeaders(block: Uint8Array): Map<string, string> {
  const reader = new BlockReader(block);
  const headers = new Map<string, string>();
  for (let count = 0; !reader.isAtEnd; count++) {
    if (count === maxHeaders) throw new Error('a header block has too many headers');
    const first = reader.peek();
    if (first >= 0x80) {
      const [name, value] = indexed(reader.integer(7));
      headers.set(name, value);
    } else if (first >= 0x20 && first < 0x40) {
      if (reader.integer(5) !== 0) throw new Error('a dynamic header table is not allowed here');
    } else {
      // A literal that asks to be remembered has 6 bits for the index of its name, the others 4.
      const index = reader.integer(first >= 0x40 ? 6 : 4);
      const name = index === 0 ? reader.string() : indexed(index)[0];
      headers.set(name, reader.string());
    }
  }
  return headers;
}

function indexed(index: number): [name: string, value: string] {
  const entry = staticTable[index - 1];
  if (entry === undefined) throw new Error(`there is no header with index ${index}`);
  const [name = '', ...value] = entry.split(' ');
  return [name, value.join(' ')];
}

class BlockReader {
  readonly #block: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#block.length;
  }

  peek(): number {
    const octet = this.#block[this.#at];
    if (octet === undefined) throw new Error('a header block ends too early');
    return octet;
  }

  /** An integer in the last `prefix` bits of this octet, and in further ones when it needs them. */
  integer(prefix: number): number {
    const most = 2 ** prefix - 1;
    let value = this.peek() & most;
    this.#at++;
    if (value < most) return value;
    for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
      const octet = this.peek();
      this.#at++;
      value += (octet & 127) * scale;
      if (octet < 128) return value;
    }
    throw new Error('an integer in a header block is too large');
  }

  string(): string {
    const isCoded = this.peek() >= 0x80;
    const length = this.integer(7);
    const octets = this.#block.subarray(this.#at, this.#at + length);
    if (octets.length < length) throw new Error('a header block ends too early');
    this.#at += length;
    const plain = isCoded ? huffmanDecode(octets) : Buffer.from(octets.buffer, octets.byteOffset, length);
    return plain.toString('latin1');
  }
}
