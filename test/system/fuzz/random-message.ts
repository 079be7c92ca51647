// Random CRI messages on the wire, by the schema of the API: mostly well-formed, so that they get far.

import { enums, messages } from '@berth/cri/generated/schema.ts';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

type Random = (bound: number) => number;

/** Strings to choose from, by the field's name; `''` is for the fields that are not named. */
export type Strings = Readonly<Record<string, readonly string[]>>;

const integers = [
  ...[0n, 0n, 1n, 2n, 3n, 5n, 100n, 1000n, 4096n, 65_535n, 65_536n, 100_000n, 64n << 20n],
  ...[-1n, -2n, -1000n, 2n ** 31n - 1n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)],
];
const maxDepth = 8;

/** The bytes of a message of the type `name`; `full` of 10 fields are set. */
export function randomMessage(name: string, strings: Strings, random: Random): Uint8Array {
  return write(name, { strings, random, full: 2 + random(8), depth: 0 }).finish();
}

interface State {
  strings: Strings;
  random: Random;
  full: number;
  depth: number;
}

function write(name: string, state: State): BinaryWriter {
  const { random, full, depth } = state;
  const writer = new BinaryWriter();
  if (depth > maxDepth) return writer;
  for (const [field, number, kind, type] of messages[name] ?? []) {
    // What names the object, or makes a config complete, is rarely left out.
    if (random(10) >= full && !(required.test(field) && random(20) > 0)) continue;
    const count = kind === 'single' ? 1 : random(random(10) === 0 ? 40 : 3);
    for (let index = 0; index < count; index++) {
      if (kind !== 'map') {
        writeValue(writer, number, { field, type }, { ...state, depth: depth + 1 });
        continue;
      }
      const entry = new BinaryWriter();
      writeValue(entry, 1, { field: `${field}.key`, type: 'string' }, state);
      writeValue(entry, 2, { field, type }, { ...state, depth: depth + 1 });
      writer.tag(number, WireType.LengthDelimited).bytes(entry.finish());
    }
  }
  return writer;
}

const required =
  /^(.*_id|config|metadata|image|name|uid|namespace|cmd|command|linux|security_context|location)$/;

function writeValue(
  writer: BinaryWriter,
  number: number,
  { field, type }: { field: string; type: string },
  state: State,
): void {
  const { random, strings } = state;
  const pick = <T>(values: readonly T[], otherwise: T): T => values[random(values.length)] ?? otherwise;
  const integer = pick(integers, 0n);
  if (type in messages) {
    writer.tag(number, WireType.LengthDelimited).bytes(write(type, state).finish());
    return;
  }
  const values = enums[type];
  if (values !== undefined) {
    const value = random(12) === 0 ? 77 : pick(Object.values(values), 0);
    writer.tag(number, WireType.Varint).int32(value);
    return;
  }
  switch (type) {
    case 'string':
      writer.tag(number, WireType.LengthDelimited).string(pick(strings[field] ?? strings[''] ?? [], ''));
      return;
    case 'bytes':
      writer.tag(number, WireType.LengthDelimited).bytes(Buffer.from(pick(strings[''] ?? [], '')));
      return;
    case 'bool':
      writer.tag(number, WireType.Varint).bool(random(2) === 0);
      return;
    case 'double':
      writer.tag(number, WireType.Bit64).double(pick([0, -1, Number.NaN, 1e308, 0.5], 0));
      return;
    default:
      // 32-bit fields are sent what fits 64 too: a decoder cuts it.
      writer.tag(number, WireType.Varint).int64(integer);
  }
}
