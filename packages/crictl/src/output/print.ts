// What crictl says. process.stdout takes Bun as long to set up as all else that a short command does, so that it is
// left alone until somebody needs a stream: until then texts are written at once, as Node.js does it anyway.
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
      // A pipe that somebody made one that does not wait is full: a stream does.
      if (!isSystemError(error) || error.code !== 'EAGAIN') this.#leave(error);
    }
    if (rest.length > 0) this.stream().write(rest);
  }

  /** From now on texts take their turn in it as well. */
  stream(): NodeJS.WriteStream {
    this.#stream ??= this.#open().on('error', (error) => this.#leave(error));
    return this.#stream;
  }

  /** A reader that has enough, such as `head`, ends us quietly. Nobody reads of an error: the exit code tells. */
  #leave(error: unknown): never {
    const hasEnough = isSystemError(error) && error.code === 'EPIPE' && this.#descriptor === 1;
    process.exit(hasEnough ? 0 : 1);
  }
}

const standardOutput = new Output(1, () => process.stdout);
const standardError = new Output(2, () => process.stderr);

/** Prints to standard output. */
export const print = (text: string | Uint8Array): void => standardOutput.print(text);

/** Prints to standard error. */
export const printError = (text: string | Uint8Array): void => standardError.print(text);

/** Standard output for what waits until it is drained, or asks for its size; `print` goes there as well then. */
export const outputStream = (): NodeJS.WriteStream => standardOutput.stream();

/** As outputStream, of standard error. */
export const errorStream = (): NodeJS.WriteStream => standardError.stream();

/** Whether standard output or error is a terminal. node:tty takes Bun 2 ms to load, and is asked for late. */
export const isTerminal = (descriptor: 1 | 2): boolean =>
  process.getBuiltinModule('node:tty').isatty(descriptor);

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
