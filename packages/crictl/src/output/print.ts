// Writes to standard output and error. Setting up process.stdout takes Bun 10 ms, as long as the rest of a short
// command, so texts are written by write(2) until something needs a stream.
import { writeSync } from 'node:fs';

class Output {
  readonly #descriptor: number;
  readonly #open: () => NodeJS.WriteStream;
  #stream: NodeJS.WriteStream | undefined;

  constructor(descriptor: number, open: () => NodeJS.WriteStream) {
    this.#descriptor = descriptor;
    this.#open = open;
  }

  print(text: string | Uint8Array): void {
    let rest = typeof text === 'string' ? Buffer.from(text) : text;
    try {
      while (this.#stream === undefined && rest.length > 0) {
        rest = rest.subarray(writeSync(this.#descriptor, rest));
      }
    } catch (error) {
      // A non-blocking pipe is full: the stream waits for it.
      if (!isSystemError(error) || error.code !== 'EAGAIN') this.#leave(error);
    }
    if (rest.length > 0) this.stream().write(rest);
  }

  /** Opens the stream; later texts go through it too. */
  stream(): NodeJS.WriteStream {
    this.#stream ??= this.#open().on('error', (error) => this.#leave(error));
    return this.#stream;
  }

  /** Exits: with 0 when the reader closed the pipe, as `head` does, and with 1 for other errors. */
  #leave(error: unknown): never {
    const isOutput = this.#descriptor === 1;
    const hasEnough = isSystemError(error) && error.code === 'EPIPE' && isOutput;
    if (isOutput && !hasEnough) {
      const reason =
        error instanceof Error ? error.message.replace(/^E[A-Z]+: |, write$/g, '') : String(error);
      printError(`crictl: cannot write to standard output: ${reason}\n`);
    }
    process.exit(hasEnough ? 0 : 1);
  }
}

const standardOutput = new Output(1, () => process.stdout);
const standardError = new Output(2, () => process.stderr);

/** Prints to standard output. */
export const print = (text: string | Uint8Array): void => standardOutput.print(text);

/** Prints to standard error. */
export const printError = (text: string | Uint8Array): void => standardError.print(text);

/** Standard output as a stream, to wait for `drain` or get its size; `print` uses it from then on. */
export const outputStream = (): NodeJS.WriteStream => standardOutput.stream();

/** As outputStream, for standard error. */
export const errorStream = (): NodeJS.WriteStream => standardError.stream();

/** Whether standard output or error is a terminal. Loads node:tty, which takes Bun 2 ms, only when called. */
export const isTerminal = (descriptor: 1 | 2): boolean =>
  process.getBuiltinModule('node:tty').isatty(descriptor);

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
