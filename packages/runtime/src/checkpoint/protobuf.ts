// Decodes protobuf messages without a schema, for criu's image files.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A message: values by field number, in order where a field is repeated. */
export class ProtobufMessage {
  readonly #fields: ReadonlyMap<number, readonly (bigint | Buffer)[]>;

  private constructor(fields: ReadonlyMap<number, readonly (bigint | Buffer)[]>) {
    this.#fields = fields;
  }

  /** Decodes the wire format without a schema. Throws for truncated or malformed bytes. */
  static parse(bytes: Uint8Array): ProtobufMessage {
    const fields = new Map<number, (bigint | Buffer)[]>();
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      const value = readValue(reader, type);
      const values = fields.get(field);
      if (values === undefined) fields.set(field, [value]);
      else values.push(value);
    }
    return new ProtobufMessage(fields);
  }

  /** The last value of an integer field, which wins; undefined when there is none. */
  integer(field: number): bigint | undefined {
    const value = this.#fields.get(field)?.at(-1);
    if (typeof value === 'object') throw new Error(`field ${field} is not an integer`);
    return value;
  }

  /** The same as a number, for a field of at most 32 bits. */
  number(field: number): number | undefined {
    const value = this.integer(field);
    return value === undefined ? undefined : Number(BigInt.asUintN(32, value));
  }

  /** Every value of a repeated integer of at most 32 bits, packed or not. */
  numbers(field: number): number[] {
    return (this.#fields.get(field) ?? []).flatMap((value) => {
      if (typeof value === 'bigint') return [Number(BigInt.asUintN(32, value))];
      const unpacked: number[] = [];
      const reader = new BinaryReader(value);
      while (reader.pos < reader.len) unpacked.push(Number(BigInt.asUintN(32, BigInt(reader.uint64()))));
      return unpacked;
    });
  }

  /** The last value of a string or of bytes. */
  bytes(field: number): Buffer | undefined {
    const value = this.#fields.get(field)?.at(-1);
    if (typeof value === 'bigint') throw new Error(`field ${field} is an integer`);
    return value;
  }

  text(field: number): string | undefined {
    return this.bytes(field)?.toString();
  }

  /** A nested message. Repeated occurrences are concatenated, which merges them as protobuf requires. */
  message(field: number): ProtobufMessage | undefined {
    const parts = this.#parts(field);
    return parts.length === 0 ? undefined : ProtobufMessage.parse(Buffer.concat(parts));
  }

  /** The messages of a repeated field. */
  messages(field: number): ProtobufMessage[] {
    return this.#parts(field).map((part) => ProtobufMessage.parse(part));
  }

  #parts(field: number): Buffer[] {
    return (this.#fields.get(field) ?? []).map((value) => {
      if (typeof value === 'bigint') throw new Error(`field ${field} is an integer`);
      return value;
    });
  }
}

function readValue(reader: BinaryReader, type: WireType): bigint | Buffer {
  switch (type) {
    case WireType.Varint:
      return BigInt(reader.uint64());
    case WireType.Bit64:
      return BigInt(reader.fixed64());
    case WireType.Bit32:
      return BigInt(reader.fixed32());
    case WireType.LengthDelimited: {
      const { buffer, byteOffset, length } = reader.bytes();
      return Buffer.from(buffer, byteOffset, length);
    }
    default:
      throw new Error(`criu writes no fields of wire type ${type}`);
  }
}
