// gRPC's messages within the data of a stream.
import { CriError } from '../errors/cri-error.ts';

/** Cuts data into messages, each behind five octets: whether it is compressed, and its length. */
export class MessageReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that are whole with `data`; what is left waits for the rest. Throws CriError. */
  read(data: Buffer): Buffer[] {
    if (data.length === 0) return [];
    this.#parts.push(data);
    this.#length += data.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#length < 5) return messages;
      const head = this.#joined(5);
      if (head[0] !== 0) throw new CriError('INTERNAL', 'grpc: the server compressed a message, unasked');
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

  /** The first part, after joining as many as it takes for `length` octets. */
  #joined(length: number): Buffer {
    const [first] = this.#parts;
    if (first !== undefined && first.length >= length) return first;
    const all = Buffer.concat(this.#parts);
    this.#parts = [all];
    return all;
  }
}
