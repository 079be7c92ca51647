// Splits the body of a watch into its lines, each a JSON text, however the network has cut it. Pure but for its buffer.

/** An event is larger than allowed. */
export class LineTooLongError extends Error {
  override name = 'LineTooLongError';
}

const newline = 10;

/** Collects lines from chunks. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk, without the empty ones. Throws LineTooLongError. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = (
        this.#parts.length === 1 ? (this.#parts[0] ?? '') : Buffer.concat(this.#parts)
      ).toString();
      this.#parts = [];
      this.#length = 0;
      if (line.trim() !== '') lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes) {
      throw new LineTooLongError(`an event has more than ${this.#maxBytes} bytes, the limit`);
    }
    this.#parts.push(part);
  }
}
