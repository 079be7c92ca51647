// Frames of HTTP/2 (RFC 9113, sections 4 and 6).

export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

export const errorCode = { none: 0, protocol: 1, flowControl: 3, refusedStream: 7, cancel: 8 } as const;

/** What a client says first (section 3.4). */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** The largest payload that may be sent to, or by, a peer that said nothing else. */
export const defaultMaxFrame = 16384;
/** The largest that a peer may allow. */
export const largestMaxFrame = 2 ** 24 - 1;
/** No window is larger. */
export const maxWindow = 2 ** 31 - 1;
/** The octets that may be sent before the peer says more, on a stream and on the connection. */
export const defaultWindow = 65535;

const headerLength = 9;

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** Pure: the octets of a frame. */
export function encodeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerLength + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, headerLength);
  return frame;
}

/** Pure: a payload of 32-bit numbers. */
export function words(...numbers: number[]): Buffer {
  const payload = Buffer.allocUnsafe(4 * numbers.length);
  for (const [index, number] of numbers.entries()) payload.writeUInt32BE(number, 4 * index);
  return payload;
}

/** Pure: a SETTINGS payload. */
export function encodeSettings(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(6 * settings.length);
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  }
  return payload;
}

/** Pure: the settings of a SETTINGS payload. */
export function decodeSettings(payload: Buffer): [id: number, value: number][] {
  if (payload.length % 6 !== 0) throw new Error('SETTINGS of a wrong length');
  return Array.from({ length: payload.length / 6 }, (_, index) => [
    payload.readUInt16BE(6 * index),
    payload.readUInt32BE(6 * index + 2),
  ]);
}

/** Pure: the payload without its padding, and a header block's without the priority before it. */
export function unpadded({ type, flags, payload }: Frame): Buffer {
  const isPadded = (flags & flag.padded) !== 0;
  const padding = isPadded ? payload.readUInt8(0) : 0;
  const priority = type === frameType.headers && (flags & flag.priority) !== 0 ? 5 : 0;
  const start = (isPadded ? 1 : 0) + priority;
  if (start + padding > payload.length) throw new Error('a frame is smaller than its padding');
  return payload.subarray(start, payload.length - padding);
}

/** Cuts what arrives into frames; what is not a frame yet waits for the rest. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole with `chunk`. Throws when one is larger than we allowed. */
  *read(chunk: Buffer): Generator<Frame, void, undefined> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= headerLength) {
      const length = this.#rest.readUIntBE(0, 3);
      if (length > defaultMaxFrame) throw new Error(`a frame of ${length} octets is too large`);
      const end = headerLength + length;
      if (this.#rest.length < end) return;
      const frame = {
        type: this.#rest.readUInt8(3),
        flags: this.#rest.readUInt8(4),
        stream: this.#rest.readUInt32BE(5) & 0x7fffffff,
        payload: this.#rest.subarray(headerLength, end),
      };
      this.#rest = this.#rest.subarray(end);
      yield frame;
    }
  }
}
