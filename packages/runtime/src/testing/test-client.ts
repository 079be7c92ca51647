import { type Readable, Writable } from 'node:stream';
import type { RemoteStreams, TerminalSize } from '@berth/streaming/server/streaming-runtime.ts';

interface TestClientOptions {
  stdin?: Readable;
  /** Streams that it does not ask for. */
  without?: ('stdout' | 'stderr')[];
}

/** The client's end of an exec or attach, that keeps what it is sent. */
export class TestClient {
  readonly streams: RemoteStreams;
  readonly #output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  readonly #gone = new AbortController();
  readonly #sizes: TerminalSize[] = [];
  #wake = () => {};

  constructor({ stdin, without = [] }: TestClientOptions = {}) {
    const streams: RemoteStreams = {
      resize: this.#resizes(),
      signal: this.#gone.signal,
      remote: 'test',
    };
    if (stdin) streams.stdin = stdin;
    for (const name of ['stdout', 'stderr'] as const) {
      if (!without.includes(name)) streams[name] = this.#collect(name);
    }
    this.streams = streams;
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#output.stdout);
  }

  get stdout(): string {
    return this.stdoutBytes.toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#output.stderr).toString();
  }

  resize(size: TerminalSize): void {
    this.#sizes.push(size);
    this.#wake();
  }

  /** Hangs up, as the server tells of it. */
  leave(): void {
    this.#gone.abort(new Error('the client has gone'));
    for (const stream of [this.streams.stdin, this.streams.stdout, this.streams.stderr]) stream?.destroy();
    this.#wake();
  }

  #collect(name: 'stdout' | 'stderr'): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        this.#output[name].push(chunk);
        callback();
      },
    });
  }

  async *#resizes(): AsyncGenerator<TerminalSize> {
    while (!this.#gone.signal.aborted) {
      const size = this.#sizes.shift();
      if (size !== undefined) yield size;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
