// Cuts the data of an HTTP/2 stream into gRPC messages.
import { CriError } from '../errors/cri-error.ts';

/** Each message has a prefix of five octets: the compressed flag and its length. */
export class MessageReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds data and returns the messages that it completes. Throws CriError. */
  read(data: Buffer): Buffer[] {
    if (data.length === 0) return [];
    this.#parts.push(data);
    this.#length += data.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#length < 5) return messages;
      const head = this.#joined(5);
      if (head[0] !== 0)
        throw new CriError('INTERNAL', 'grpc: the server compressed a message, which was not negotiated');
      const size = head.readUInt32BE(1);
      if (size > this.#maxBytes) {
        const sizes = `(${size} vs. ${this.#maxBytes})`;
        throw new CriError('RESOURCE_EXHAUSTED', `grpc: received message larger than max ${sizes}`);
      }
      const end = 5 + size;
      if (this.#length < end) return messages;
      const whole = this.#joined(end);
      messages.push(whole.subarray(5, end));
      this.#parts = [whole.subarray(end)];
      this.#length -= end;
    }
  }

  /** The first part; joins all parts when it has fewer than `length` octets. */
  #joined(length: number): Buffer {
    const [first] = this.#parts;
    if (first !== undefined && first.length >= length) return first;
    const all = Buffer.concat(this.#parts);
    this.#parts = [all];
    return all;
  }
}
