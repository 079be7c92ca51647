// Parses SPDY frames from a byte stream, and rejects invalid ones.
import { type ControlFrame, controlType, type Frame, type Setting } from './frames.ts';

/** The peer violated SPDY; the connection is unusable. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

/** Maximum size of a control frame; the headers of these protocols have a few dozen bytes. */
const maxControlFrame = 16 * 1024;
const maxSettings = 32;

/**
 * Decodes a byte stream into frames. Buffers control frames until they are complete, and passes on the payload of DATA
 * frames in chunks, so it buffers at most one control frame.
 */
export class FrameDecoder {
  #held: Buffer = Buffer.alloc(0);
  #data: { streamId: number; fin: boolean; left: number } | undefined;
  #skip = 0;

  /** The control frames that `chunk` completes, and the parts of DATA payloads in it. Throws SpdyError. */
  *push(chunk: Buffer): Generator<Frame, void, undefined> {
    let input = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (input.length > 0) {
      if (this.#data !== undefined || this.#skip > 0) {
        const taken = Math.min(input.length, this.#data?.left ?? this.#skip);
        const part = input.subarray(0, taken);
        input = input.subarray(taken);
        if (this.#data === undefined) {
          this.#skip -= taken;
          continue;
        }
        yield this.#dataPart(this.#data, part);
        continue;
      }
      if (input.length < 8) break;
      const first = input.readUInt32BE(0);
      const flags = input.readUInt8(4);
      const length = input.readUIntBE(5, 3);
      if (first < 0x8000_0000) {
        if (first === 0) throw new SpdyError('DATA frame for stream 0');
        this.#data = { streamId: first, fin: (flags & 1) !== 0, left: length };
        input = input.subarray(8);
        if (length === 0) yield this.#dataPart(this.#data, input.subarray(0, 0));
        continue;
      }
      const version = (first >>> 16) & 0x7fff;
      if (version !== 3) throw new SpdyError(`frame of SPDY version ${version}`);
      const type = first & 0xffff;
      if (!known.has(type)) {
        this.#skip = length;
        input = input.subarray(8);
        continue;
      }
      if (length > maxControlFrame) throw new SpdyError(`control frame of ${length} bytes`);
      if (input.length < 8 + length) break;
      yield decodeControlFrame(type, flags, input.subarray(8, 8 + length));
      input = input.subarray(8 + length);
    }
    this.#held = input;
  }

  #dataPart(frame: { streamId: number; fin: boolean; left: number }, data: Buffer): Frame {
    frame.left -= data.length;
    const last = frame.left === 0;
    if (last) this.#data = undefined;
    return { type: 'DATA', streamId: frame.streamId, fin: frame.fin && last, data };
  }
}

const known: ReadonlySet<number> = new Set<number>(Object.values(controlType));

/** Decodes a control frame. Throws SpdyError for an invalid payload. */
function decodeControlFrame(type: number, flags: number, payload: Buffer): ControlFrame {
  const fin = (flags & 1) !== 0;
  const word = (offset: number): number => {
    if (payload.length < offset + 4) throw new SpdyError(`control frame ${type} of ${payload.length} bytes`);
    return payload.readUInt32BE(offset);
  };
  const exactly = (length: number): void => {
    if (payload.length !== length) throw new SpdyError(`control frame ${type} of ${payload.length} bytes`);
  };
  const stream = (): number => {
    const id = word(0) & 0x7fff_ffff;
    if (id === 0) throw new SpdyError(`control frame ${type} for stream 0`);
    return id;
  };
  switch (type) {
    case controlType.synStream:
      if (payload.length < 10) throw new SpdyError(`SYN_STREAM of ${payload.length} bytes`);
      return {
        type: 'SYN_STREAM',
        streamId: stream(),
        associatedTo: word(4) & 0x7fff_ffff,
        priority: payload.readUInt8(8) >>> 5,
        fin,
        unidirectional: (flags & 2) !== 0,
        block: payload.subarray(10),
      };
    case controlType.synReply:
      return { type: 'SYN_REPLY', streamId: stream(), fin, block: payload.subarray(4) };
    case controlType.headers:
      return { type: 'HEADERS', streamId: stream(), fin, block: payload.subarray(4) };
    case controlType.rstStream:
      exactly(8);
      return { type: 'RST_STREAM', streamId: stream(), status: word(4) };
    case controlType.goAway:
      exactly(8);
      return { type: 'GOAWAY', lastGoodStreamId: word(0) & 0x7fff_ffff, status: word(4) };
    case controlType.windowUpdate:
      exactly(8);
      return { type: 'WINDOW_UPDATE', streamId: word(0) & 0x7fff_ffff, delta: word(4) & 0x7fff_ffff };
    case controlType.ping:
      exactly(4);
      return { type: 'PING', id: word(0) };
    case controlType.settings: {
      const count = word(0);
      if (count > maxSettings) throw new SpdyError(`SETTINGS with ${count} entries`);
      exactly(4 + 8 * count);
      const settings: Setting[] = [];
      for (let offset = 4; offset < payload.length; offset += 8)
        settings.push({
          flags: payload.readUInt8(offset),
          id: payload.readUIntBE(offset + 1, 3),
          value: word(offset + 4),
        });
      return { type: 'SETTINGS', settings };
    }
    default:
      throw new SpdyError(`control frame of unknown type ${type}`);
  }
}
