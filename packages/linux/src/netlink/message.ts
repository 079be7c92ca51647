// The framing of all netlink families, netlink(7): a message is a header, a fixed structure of the family, and
// attributes. Numbers are in host byte order, which is little-endian on all our architectures.

const headerBytes = 16;
const attributeHeaderBytes = 4;
const attributeNested = 0x8000;
const attributeTypeMask = 0x3fff;

/** Message types below 16 are control messages of netlink itself. */
export const controlTypes = { error: 2, done: 3 } as const;

export const requestFlags = {
  request: 0x1,
  ack: 0x4,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
} as const;

/** Flag of an answer: the table changed during the dump. */
export const flagDumpInterrupted = 0x10;
/** Flag of an error: extended acknowledgement attributes follow. */
export const flagAckAttributes = 0x200;

export interface NetlinkMessage {
  type: number;
  flags: number;
  sequence: number;
  /** The family's structure, then attributes. */
  payload: Buffer;
}

/** The value is bytes or nested attributes. */
export type Attribute = readonly [type: number, value: Uint8Array | readonly Attribute[]];

function align(length: number): number {
  return (length + 3) & ~3;
}

export function encodeMessage({ type, flags, sequence, payload }: NetlinkMessage): Buffer {
  const length = headerBytes + payload.length;
  const message = Buffer.alloc(align(length));
  message.writeUInt32LE(length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(sequence, 8);
  payload.copy(message, headerBytes);
  return message;
}

/** Splits the buffer of one recv(2) into messages. Throws when a length exceeds the buffer. */
export function decodeMessages(received: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let offset = 0; offset < received.length; ) {
    const length = offset + headerBytes <= received.length ? received.readUInt32LE(offset) : 0;
    if (length < headerBytes || offset + length > received.length) {
      throw new Error(`netlink: message at byte ${offset} of ${received.length} is cut short`);
    }
    messages.push({
      type: received.readUInt16LE(offset + 4),
      flags: received.readUInt16LE(offset + 6),
      sequence: received.readUInt32LE(offset + 8),
      payload: received.subarray(offset + headerBytes, offset + length),
    });
    offset += align(length);
  }
  return messages;
}

export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(
    attributes.map(([type, value]) => {
      const nested = !(value instanceof Uint8Array);
      const bytes = nested ? encodeAttributes(value) : value;
      const length = attributeHeaderBytes + bytes.length;
      const attribute = Buffer.alloc(align(length));
      attribute.writeUInt16LE(length, 0);
      attribute.writeUInt16LE(nested ? type | attributeNested : type, 2);
      attribute.set(bytes, attributeHeaderBytes);
      return attribute;
    }),
  );
}

/** The attributes by type, the last one of each. Throws when a length exceeds the buffer. */
export function decodeAttributes(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let offset = 0; offset + attributeHeaderBytes <= bytes.length; ) {
    const length = bytes.readUInt16LE(offset);
    if (length < attributeHeaderBytes || offset + length > bytes.length) {
      throw new Error(`netlink: attribute at byte ${offset} of ${bytes.length} is cut short`);
    }
    const type = bytes.readUInt16LE(offset + 2) & attributeTypeMask;
    attributes.set(type, bytes.subarray(offset + attributeHeaderBytes, offset + length));
    offset += align(length);
  }
  return attributes;
}

/** A name as attributes carry it, NUL-terminated. */
export function encodeString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

export function decodeString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
