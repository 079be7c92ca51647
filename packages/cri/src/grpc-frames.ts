// gRPC's length-prefixed messages: one byte that tells of compression, four of length, then the message.
import { CriError } from './errors.ts';

/** The limit of kubelets, CRI-O and containerd alike. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** One message with its prefix. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** Collects chunks of a stream and gives back the messages that they complete. */
export class FrameReader {
  #pending: Buffer[] = [];
  #size = 0;
  readonly #limit: number;

  constructor(limit = maxMessageBytes) {
    this.#limit = limit;
  }

  /** True between messages: no half of one is waiting for its rest. */
  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Throws CriError RESOURCE_EXHAUSTED when a message is longer than the limit, INTERNAL on compression. */
  push(chunk: Buffer): Buffer[] {
    this.#pending.push(chunk);
    this.#size += chunk.length;
    const messages: Buffer[] = [];
    while (this.#size >= 5) {
      const length = this.#nextLength();
      if (this.#size < 5 + length) break;
      const all =
        this.#pending.length === 1 && this.#pending[0] ? this.#pending[0] : Buffer.concat(this.#pending);
      messages.push(all.subarray(5, 5 + length));
      const rest = all.subarray(5 + length);
      this.#pending = rest.length > 0 ? [rest] : [];
      this.#size = rest.length;
    }
    return messages;
  }

  #nextLength(): number {
    let head = this.#pending[0];
    if (head === undefined || head.length < 5) {
      head = Buffer.concat(this.#pending);
      this.#pending = [head];
    }
    if (head[0] !== 0)
      throw new CriError('INTERNAL', 'the peer sent a compressed message that nobody asked for');
    const length = head.readUInt32BE(1);
    if (length > this.#limit) {
      throw new CriError(
        'RESOURCE_EXHAUSTED',
        `received message larger than max (${length} vs. ${this.#limit})`,
      );
    }
    return length;
  }
}

/** Details of a status as they come in the grpc-message header (percent-encoded UTF-8). */
export function decodeDetails(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

/** A duration as the grpc-timeout header: at most eight digits and a unit. */
export function timeoutHeader(milliseconds: number): string {
  const whole = Math.max(1, Math.ceil(milliseconds));
  return whole < 1e8 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(whole / 1000))}S`;
}
