// Makes files as criu's, to have those that no honest criu writes.

type Value = number | bigint | string | Uint8Array | Message | readonly Value[];

/** Fields of a protobuf message by number; an array is a repeated field. */
export interface Message {
  readonly [field: number]: Value | undefined;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export function encodeMessage(message: Message): Buffer {
  const parts = Object.entries(message).map(([field, value]) => encodeField(Number(field), value));
  return Buffer.concat(parts);
}

function encodeField(field: number, value: Value | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0);
  if (Array.isArray(value)) return Buffer.concat(value.map((item) => encodeField(field, item)));
  if (typeof value === 'number' || typeof value === 'bigint') {
    return Buffer.concat([varint(BigInt(field << 3)), varint(BigInt(value))]);
  }
  const bytes =
    typeof value === 'string'
      ? Buffer.from(value)
      : value instanceof Uint8Array
        ? value
        : encodeMessage(value as Message);
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}

function image(magics: readonly number[], messages: readonly Message[]): Buffer {
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const encoded = messages.map(encodeMessage).flatMap((bytes) => [word(bytes.length), bytes]);
  return Buffer.concat([...magics.map(word), ...encoded]);
}

const common = 0x54564319;

/** What a dump is made of; the defaults are those of a container whose one process is root without capabilities. */
export interface TestDump {
  readonly creds?: Message;
  /** Fields of thread_core beside the credentials. */
  readonly thread?: Message;
  /** Fields of task_core. */
  readonly task?: Message;
  readonly ids?: Message;
  readonly hostIds?: Message;
  readonly pid?: number;
  readonly mounts?: readonly Message[];
  readonly filters?: readonly Message[];
  readonly files?: readonly Message[];
  readonly cgroup?: Message;
  readonly inventory?: Message;
}

const creds = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 13: 0, 18: 0 };
const task = { 1: 1, 2: 0, 3: 0, 4: 0, 5: 0, 6: 'sh' };
const ids = (namespace: number) => ({
  1: 1,
  2: 1,
  3: 1,
  4: 1,
  5: namespace,
  6: namespace,
  7: namespace,
  8: namespace,
  9: namespace,
  10: 1,
});

/** criu's files by their names. */
export function testDump(dump: TestDump = {}): Map<string, Buffer> {
  const { pid = 1, mounts = [], filters = [], files = [] } = dump;
  const core = {
    1: 1,
    3: { ...task, ...dump.task },
    5: { 1: 0, 2: 0, 10: { ...creds, ...dump.creds }, ...dump.thread },
  };
  return new Map([
    ['inventory.img', image([0x58313116], [{ 1: 2, 3: { ...ids(1), ...dump.hostIds }, ...dump.inventory }])],
    ['pstree.img', image([common, 0x50273030], [{ 1: pid, 2: 0, 3: 1, 4: 1, 5: [pid] }])],
    [`core-${pid}.img`, image([common, 0x55053847], [core])],
    [`ids-${pid}.img`, image([common, 0x54432030], [{ ...ids(2), ...dump.ids }])],
    ['seccomp.img', image([common, 0x64413049], [{ 1: filters }])],
    ['files.img', image([common, 0x56303138], files)],
    ['cgroup.img', image([common, 0x59383330], [dump.cgroup ?? {}])],
    ...(mounts.length === 0
      ? []
      : [['mountpoints-12.img', image([common, 0x55563928], mounts)] as [string, Buffer]]),
  ]);
}
