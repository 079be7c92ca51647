// The subset of the D-Bus wire protocol that systemd's manager needs: little-endian, basic types and variants of them.
// https://dbus.freedesktop.org/doc/dbus-specification.html

/** Message types by their number on the wire. */
export const messageType = { call: 1, reply: 2, error: 3, signal: 4 } as const;

/** A value with its D-Bus type. */
export type Variant =
  | { readonly signature: 's'; readonly value: string }
  | { readonly signature: 'b'; readonly value: boolean }
  | { readonly signature: 't'; readonly value: bigint }
  | { readonly signature: 'i'; readonly value: number }
  | { readonly signature: 'au'; readonly value: readonly number[] }
  | { readonly signature: 'as'; readonly value: readonly string[] }
  | { readonly signature: 'ay'; readonly value: Uint8Array };

/** Writes values in sequence, each aligned as its type requires, from a start that is aligned to 8. */
export class DbusWriter {
  #bytes = Buffer.alloc(256);
  #length = 0;

  /** The bytes written so far. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  align(size: number): this {
    this.#grow(8);
    const end = Math.ceil(this.#length / size) * size;
    this.#bytes.fill(0, this.#length, end);
    this.#length = end;
    return this;
  }

  byte(value: number): this {
    this.#grow(1);
    this.#length = this.#bytes.writeUInt8(value, this.#length);
    return this;
  }

  uint32(value: number): this {
    this.align(4).#grow(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
    return this;
  }

  uint64(value: bigint): this {
    this.align(8).#grow(8);
    this.#length = this.#bytes.writeBigUInt64LE(value, this.#length);
    return this;
  }

  /** A string or an object path; both have the same encoding. */
  string(value: string): this {
    const text = Buffer.from(`${value}\0`);
    return this.uint32(text.length - 1).#raw(text);
  }

  signature(value: string): this {
    return this.byte(value.length).#raw(Buffer.from(`${value}\0`));
  }

  boolean(value: boolean): this {
    return this.uint32(value ? 1 : 0);
  }

  /** An array of what `write` writes; its length on the wire excludes the padding before the first element. */
  array<Item>(elementAlignment: number, items: Iterable<Item>, write: (item: Item) => void): this {
    this.uint32(0);
    const lengthAt = this.#length - 4;
    this.align(elementAlignment);
    const start = this.#length;
    for (const item of items) write(item);
    this.#bytes.writeUInt32LE(this.#length - start, lengthAt);
    return this;
  }

  variant(variant: Variant): this {
    this.signature(variant.signature);
    switch (variant.signature) {
      case 's':
        return this.string(variant.value);
      case 'b':
        return this.boolean(variant.value);
      case 't':
        return this.uint64(variant.value);
      case 'i':
        return this.uint32(variant.value >>> 0);
      case 'au':
        return this.array(4, variant.value, (each) => this.uint32(each));
      case 'as':
        return this.array(4, variant.value, (each) => this.string(each));
      case 'ay':
        return this.array(1, variant.value, (each) => this.byte(each));
    }
  }

  #raw(bytes: Buffer): this {
    this.#grow(bytes.length);
    this.#length += bytes.copy(this.#bytes, this.#length);
    return this;
  }

  #grow(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const bytes = Buffer.alloc(2 * (this.#length + size));
    this.bytes().copy(bytes);
    this.#bytes = bytes;
  }
}

/** A method call; `body` writes the arguments of the types in `signature`. */
export interface MethodCall {
  /** The name of the peer on a message bus; without it the call is for the bus itself, or for the only peer. */
  readonly destination?: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: (writer: DbusWriter) => void;
}

/** Codes and types of the header fields. */
const headerField = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replySerial: [5, 'u'],
  destination: [6, 's'],
  signature: [8, 'g'],
} as const;

const maxMessageBytes = 1 << 20;
const protocolVersion = 1;

/** The bytes of a method call; its answer carries the same `serial`. */
export function encodeCall(call: MethodCall, serial: number): Buffer {
  const body = new DbusWriter();
  call.body(body);
  const writer = new DbusWriter();
  writer.byte('l'.charCodeAt(0)).byte(messageType.call).byte(0).byte(protocolVersion);
  writer.uint32(body.bytes().length).uint32(serial);
  const fields = (['path', 'interface', 'member', 'destination', 'signature'] as const).filter(
    (name) => (call[name] ?? '') !== '',
  );
  writer.array(8, fields, (name) => {
    const [code, type] = headerField[name];
    writer.align(8).byte(code).signature(type);
    if (type === 'g') writer.signature(call[name] ?? '');
    else writer.string(call[name] ?? '');
  });
  return Buffer.concat([writer.align(8).bytes(), body.bytes()]);
}

/** A received message; `body` has its leading values of basic types. */
export interface Message {
  readonly type: number;
  readonly member: string;
  readonly errorName: string;
  readonly replySerial: number;
  readonly body: readonly (string | number | bigint)[];
}

/** The first message in `bytes` and its length; `undefined` while it is incomplete. */
export function decodeMessage(bytes: Buffer): { message: Message; length: number } | undefined {
  if (bytes.length < 16) return undefined;
  if (bytes[0] !== 'l'.charCodeAt(0)) throw new Error('D-Bus: a message in big-endian byte order');
  const bodyLength = bytes.readUInt32LE(4);
  const headerLength = Math.ceil((16 + bytes.readUInt32LE(12)) / 8) * 8;
  const length = headerLength + bodyLength;
  if (length > maxMessageBytes) throw new Error(`D-Bus: a message of ${length} bytes`);
  if (bytes.length < length) return undefined;
  const header = new Reader(bytes.subarray(0, headerLength), 16);
  const fields = new Map<number, string | number | bigint>();
  while (header.offset < 16 + bytes.readUInt32LE(12)) {
    header.align(8);
    const code = header.byte();
    fields.set(code, header.basic(header.signature()));
  }
  const text = (name: 'member' | 'errorName' | 'signature') => String(fields.get(headerField[name][0]) ?? '');
  return {
    length,
    message: {
      type: bytes.readUInt8(1),
      member: text('member'),
      errorName: text('errorName'),
      replySerial: Number(fields.get(headerField.replySerial[0]) ?? 0),
      body: basicValues(new Reader(bytes.subarray(headerLength, length), 0), text('signature')),
    },
  };
}

const basicTypes = 'sogubytixh';

/** The values before the first one that is not of a basic type, or a variant of one. */
function basicValues(reader: Reader, signature: string): (string | number | bigint)[] {
  const values: (string | number | bigint)[] = [];
  for (const type of signature) {
    const actual = type === 'v' ? reader.signature() : type;
    if (actual.length !== 1 || !basicTypes.includes(actual)) return values;
    values.push(reader.basic(actual));
  }
  return values;
}

class Reader {
  offset: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  align(size: number): void {
    this.offset = Math.ceil(this.offset / size) * size;
  }

  byte(): number {
    this.offset += 1;
    return this.#bytes.readUInt8(this.offset - 1);
  }

  signature(): string {
    return this.#text(this.byte());
  }

  basic(type: string): string | number | bigint {
    switch (type) {
      case 'y':
        return this.byte();
      case 'g':
        return this.signature();
      case 's':
      case 'o':
        return this.#text(this.#uint32());
      case 'u':
      case 'b':
      case 'i':
      case 'h':
        return this.#uint32();
      case 't':
      case 'x':
        this.align(8);
        this.offset += 8;
        return this.#bytes.readBigUInt64LE(this.offset - 8);
      default:
        throw new Error(`D-Bus: a value of type ${JSON.stringify(type)}, which is not read here`);
    }
  }

  #uint32(): number {
    this.align(4);
    this.offset += 4;
    return this.#bytes.readUInt32LE(this.offset - 4);
  }

  #text(length: number): string {
    this.offset += length + 1;
    return this.#bytes.toString('utf8', this.offset - 1 - length, this.offset - 1);
  }
}
