// Encodes and decodes WebSocket frames (RFC 6455) of a client.
import { randomFillSync } from 'node:crypto';
import { applyMask } from './mask.ts';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Maximum size of a message in one or more frames; these protocols have no larger ones. */
const maxMessage = 16 * 1024 * 1024;
const maxFragments = 1024;
const maxControl = 125;

/** The server violated the protocol. */
export class WebSocketError extends Error {
  override readonly name = 'WebSocketError';

  constructor(message: string) {
    super(`websocket: ${message}`);
  }
}

/** Encodes a final frame, masked as clients must. */
export function maskedFrame(code: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length <= 0xffff ? 2 : 8;
  const start = 2 + extended + 4;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | code;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const mask = frame.subarray(start - 4, start);
  randomFillSync(mask);
  frame.set(payload, start);
  applyMask(frame.subarray(start), mask);
  return frame;
}

export interface Message {
  code: number;
  payload: Buffer;
}

/** Decodes a server's bytes into messages and control frames. */
export class MessageDecoder {
  #pending: Buffer = Buffer.alloc(0);
  /** Chunks behind `#pending`, and the number of octets at which they are joined. */
  #more: Buffer[] = [];
  #available = 0;
  #needed = 0;
  #fragments: Buffer[] = [];
  #length = 0;
  /** The opcode of the fragmented message. */
  #kind: number | undefined;

  /** Throws WebSocketError for a protocol violation. */
  *push(chunk: Buffer): Generator<Message, void, undefined> {
    this.#more.push(chunk);
    this.#available += chunk.length;
    if (this.#available < this.#needed) return;
    this.#pending = this.#pending.length === 0 && this.#more.length === 1 ? chunk : this.#joined();
    this.#more = [];
    for (;;) {
      const frame = this.#nextFrame();
      this.#available = this.#pending.length;
      if (frame === undefined) return;
      const { final, code, payload } = frame;
      if (code >= opcode.close) {
        yield { code, payload };
        continue;
      }
      this.#kind ??= code;
      this.#fragments.push(payload);
      this.#length += payload.length;
      if (this.#fragments.length > maxFragments) throw new WebSocketError('message in too many fragments');
      if (!final) continue;
      const [only = payload, ...more] = this.#fragments;
      const message = {
        code: this.#kind,
        payload: more.length === 0 ? only : Buffer.concat(this.#fragments),
      };
      this.#fragments = [];
      this.#length = 0;
      this.#kind = undefined;
      yield message;
    }
  }

  #joined(): Buffer {
    return Buffer.concat([this.#pending, ...this.#more]);
  }

  #nextFrame(): (Message & { final: boolean }) | undefined {
    const bytes = this.#pending;
    this.#needed = 0;
    const [first, second] = bytes;
    if (first === undefined || second === undefined) return undefined;
    const final = (first & 0x80) !== 0;
    const code = first & 0x0f;
    if ((first & 0x70) !== 0) throw new WebSocketError('reserved bits are set');
    if ((second & 0x80) !== 0) throw new WebSocketError('a frame of the server is masked');
    this.#check(code, final, second);
    const extended = second < 126 ? 0 : second === 126 ? 2 : 8;
    const start = 2 + extended;
    if (bytes.length < start) return undefined;
    const length =
      extended === 0 ? second : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (this.#length + length > maxMessage) throw new WebSocketError('message too long');
    this.#needed = start + length;
    if (bytes.length < this.#needed) return undefined;
    this.#pending = bytes.subarray(start + length);
    return { final, code, payload: bytes.subarray(start, start + length) };
  }

  #check(code: number, final: boolean, length: number): void {
    switch (code) {
      case opcode.continuation:
        if (this.#kind === undefined) throw new WebSocketError('continuation of no message');
        return;
      case opcode.text:
      case opcode.binary:
        if (this.#kind !== undefined) throw new WebSocketError('message within a message');
        return;
      case opcode.close:
      case opcode.ping:
      case opcode.pong:
        if (!final || length > maxControl) throw new WebSocketError('control frame out of bounds');
        return;
      default:
        throw new WebSocketError(`unknown opcode ${code}`);
    }
  }
}
