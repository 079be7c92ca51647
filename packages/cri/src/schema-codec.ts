// The CRI's messages in protobuf's encoding by way of the schema's tables. The generated codecs of api.ts do the
// same faster, but are ten times as much code to load: for a process with a call or two that is what counts.
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { enums, messages, type SchemaField } from './generated/schema.ts';

type Message = Record<string, unknown>;

/** How a type that is no message is written and read, what its wire type and default are. */
interface Scalar {
  wire: number;
  initial: unknown;
  write(writer: BinaryWriter, value: never): unknown;
  read(reader: BinaryReader): unknown;
}

const [varint, fixed64, delimited] = [0, 1, 2];

const scalars: Readonly<Record<string, Scalar>> = {
  string: {
    wire: delimited,
    initial: '',
    write: (to, value) => to.string(value),
    read: (from) => from.string(),
  },
  bytes: {
    wire: delimited,
    initial: new Uint8Array(0),
    write: (to, value) => to.bytes(value),
    read: (from) => from.bytes(),
  },
  bool: { wire: varint, initial: false, write: (to, value) => to.bool(value), read: (from) => from.bool() },
  int32: { wire: varint, initial: 0, write: (to, value) => to.int32(value), read: (from) => from.int32() },
  uint32: { wire: varint, initial: 0, write: (to, value) => to.uint32(value), read: (from) => from.uint32() },
  int64: {
    wire: varint,
    initial: 0n,
    write: (to, value) => to.int64(value),
    read: (from) => BigInt(from.int64()),
  },
  uint64: {
    wire: varint,
    initial: 0n,
    write: (to, value) => to.uint64(value),
    read: (from) => BigInt(from.uint64()),
  },
  double: {
    wire: fixed64,
    initial: 0,
    write: (to, value) => to.double(value),
    read: (from) => from.double(),
  },
};

function scalarOf(type: string): Scalar | undefined {
  const scalar = type in enums ? scalars['int32'] : scalars[type];
  if (scalar === undefined && !(type in messages)) throw new Error(`the schema has no type ${type}`);
  return scalar;
}

function fieldsOf(name: string): readonly SchemaField[] {
  const fields = messages[name];
  if (fields === undefined) throw new Error(`the schema has no message ${name}`);
  return fields;
}

const camelCase = (field: string) =>
  field.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Pure: the octets of a message, of which fields may be missing. */
export function encodeMessage(name: string, message: object): Uint8Array {
  return write(new BinaryWriter(), name, { ...message }).finish();
}

function write(writer: BinaryWriter, name: string, message: Message): BinaryWriter {
  for (const [field, number, kind, type] of fieldsOf(name)) {
    const value = message[camelCase(field)];
    if (value === undefined || value === null) continue;
    if (kind === 'map') {
      for (const [key, item] of Object.entries(value)) {
        writer.uint32(number * 8 + delimited).fork();
        writer.uint32(8 + delimited).string(key);
        writeValue(writer, 2, type, item);
        writer.join();
      }
    } else if (kind === 'repeated') writeRepeated(writer, number, type, value);
    else if (!isInitial(type, value)) writeValue(writer, number, type, value);
  }
  return writer;
}

function isInitial(type: string, value: unknown): boolean {
  if (type === 'bytes') return value instanceof Uint8Array && value.length === 0;
  return scalarOf(type)?.initial === value;
}

/** Numbers are packed. */
function writeRepeated(writer: BinaryWriter, number: number, type: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) return;
  const scalar = scalarOf(type);
  if (scalar === undefined || scalar.wire === delimited) {
    for (const item of value) writeValue(writer, number, type, item);
    return;
  }
  writer.uint32(number * 8 + delimited).fork();
  for (const item of value) scalar.write(writer, item as never);
  writer.join();
}

function writeValue(writer: BinaryWriter, number: number, type: string, value: unknown): void {
  const scalar = scalarOf(type);
  if (scalar !== undefined) {
    // The type of the API's request and the schema come from one proto.
    scalar.write(writer.uint32(number * 8 + scalar.wire), value as never);
    return;
  }
  writer.uint32(number * 8 + delimited).fork();
  write(writer, type, { ...(value as object) });
  writer.join();
}

/** Pure: the message with every field, unset messages being undefined. Throws on what is no such message. */
export function decodeMessage(name: string, octets: Uint8Array): object {
  const reader = new BinaryReader(octets);
  return read(reader, name, reader.len);
}

function read(reader: BinaryReader, name: string, end: number): Message {
  const fields = fieldsOf(name);
  const message: Message = {};
  for (const [field, , kind, type] of fields) {
    message[camelCase(field)] = kind === 'repeated' ? [] : kind === 'map' ? {} : scalarOf(type)?.initial;
  }
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const field = fields.find((each) => each[1] === number);
    if (field === undefined) {
      reader.skip(wire, number);
      continue;
    }
    const [snake, , kind, type] = field;
    const key = camelCase(snake);
    if (kind === 'single') message[key] = readValue(reader, type);
    else if (kind === 'map') readEntry(reader, type, message[key] as Message);
    else readItems(reader, wire, type, message[key] as unknown[]);
  }
  return message;
}

function readValue(reader: BinaryReader, type: string): unknown {
  const scalar = scalarOf(type);
  if (scalar !== undefined) return scalar.read(reader);
  const length = reader.uint32();
  return read(reader, type, reader.pos + length);
}

function readItems(reader: BinaryReader, wire: number, type: string, items: unknown[]): void {
  const scalar = scalarOf(type);
  const isPacked = scalar !== undefined && scalar.wire !== delimited && wire === delimited;
  if (!isPacked) {
    items.push(readValue(reader, type));
    return;
  }
  const length = reader.uint32();
  for (const end = reader.pos + length; reader.pos < end; ) items.push(scalar.read(reader));
}

function readEntry(reader: BinaryReader, type: string, entries: Message): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  let key = '';
  let value = scalarOf(type)?.initial;
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(reader, type);
    else reader.skip(wire, number);
  }
  entries[key] = value;
}
