// The standard input of crictl, with a workaround for Bun's process.stdin.
import { Readable } from 'node:stream';

/** The part of Bun's API that is used here (https://bun.com/docs/runtime/file-io#reading-files-bun-file). */
declare const Bun: { stdin: { stream(): ReadableStream<Uint8Array> } } | undefined;

/**
 * Standard input with back-pressure. Bun's process.stdin sometimes does not emit `end` after a pause, so Bun.stdin is
 * read there.
 */
export function standardInput(): Readable {
  return typeof Bun === 'undefined' ? process.stdin : new WebInput(Bun.stdin.stream());
}

class WebInput extends Readable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    super();
    this.#reader = stream.getReader();
  }

  override _read(): void {
    this.#reader.read().then(
      ({ value }) => this.push(value === undefined ? null : Buffer.from(value)),
      (error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const done = () => callback(error);
    this.#reader.cancel().then(done, done);
  }
}
