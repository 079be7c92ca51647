/** A message as its fields by number; the values of one that is repeated are in order. */
export class ProtobufMessage {
  readonly #fields: ReadonlyMap<number, readonly (bigint | Buffer)[]>;

  private constructor(fields: ReadonlyMap<number, readonly (bigint | Buffer)[]>) {
    this.#fields = fields;
  }

  /** Reads the wire format without a description of the message. Throws for what is cut off or of another form. */
  static parse(bytes: Buffer): ProtobufMessage {
    const fields = new Map<number, (bigint | Buffer)[]>();
    for (let at = 0; at < bytes.length; ) {
      const tag = readVarint(bytes, at);
      const { value, end } = readValue(bytes, tag.end, Number(tag.value & 7n));
      const field = Number(tag.value >> 3n);
      const values = fields.get(field);
      if (values === undefined) fields.set(field, [value]);
      else values.push(value);
      at = end;
    }
    return new ProtobufMessage(fields);
  }

  /** The last value of an integer, which is the one that counts; undefined when there is none. */
  integer(field: number): bigint | undefined {
    const value = this.#fields.get(field)?.at(-1);
    if (typeof value === 'object') throw new Error(`field ${field} is no integer`);
    return value;
  }

  /** The same as a number, for those of at most 32 bits. */
  number(field: number): number | undefined {
    const value = this.integer(field);
    return value === undefined ? undefined : Number(BigInt.asUintN(32, value));
  }

  /** Every value of a repeated integer of at most 32 bits, packed or not. */
  numbers(field: number): number[] {
    return (this.#fields.get(field) ?? []).flatMap((value) => {
      if (typeof value === 'bigint') return [Number(BigInt.asUintN(32, value))];
      const unpacked: number[] = [];
      for (let at = 0; at < value.length; ) {
        const item = readVarint(value, at);
        unpacked.push(Number(BigInt.asUintN(32, item.value)));
        at = item.end;
      }
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

  /**
   * A message inside. Where it occurs more than once parsers merge them; so does this, as what is concatenated
   * is merged.
   */
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

function readVarint(bytes: Buffer, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let at = start, shift = 0n; shift < 70n; at++, shift += 7n) {
    const byte = bytes[at];
    if (byte === undefined) throw new Error('a protobuf message is cut off');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + 1 };
  }
  throw new Error('a protobuf integer is too long');
}

function readValue(bytes: Buffer, start: number, wireType: number): { value: bigint | Buffer; end: number } {
  if (wireType === 0) return readVarint(bytes, start);
  const fixed = wireType === 1 ? 8 : wireType === 5 ? 4 : undefined;
  if (fixed === undefined && wireType !== 2) throw new Error(`protobuf has no wire type ${wireType}`);
  const length = fixed === undefined ? readVarint(bytes, start) : { value: BigInt(fixed), end: start };
  const end = length.end + Number(length.value);
  if (end > bytes.length) throw new Error('a protobuf message is cut off');
  const part = bytes.subarray(length.end, end);
  if (fixed === undefined) return { value: part, end };
  return { value: fixed === 8 ? part.readBigUInt64LE() : BigInt(part.readUInt32LE()), end };
}
