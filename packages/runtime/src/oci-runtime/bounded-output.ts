import { Socket } from 'node:net';

/** Reads a pipe to its end, keeps at most `limit` bytes and throws the rest away. */
export class BoundedOutput {
  readonly #chunks: Buffer[] = [];
  readonly #limit: number;
  readonly #socket: Socket;
  #size = 0;
  /** Resolves when every writing end is closed, or `stop` was called. */
  readonly closed: Promise<void>;

  constructor(readEnd: number, limit: number) {
    this.#limit = limit;
    this.#socket = new Socket({ fd: readEnd, readable: true, writable: false });
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.on('error', () => {});
    this.#socket.on('data', (chunk: Buffer) => {
      const kept = chunk.subarray(0, Math.max(0, this.#limit - this.#size));
      this.#size += chunk.length;
      if (kept.length > 0) this.#chunks.push(kept);
    });
  }

  /** How much has been read, kept or not. */
  get size(): number {
    return this.#size;
  }

  stop(): void {
    this.#socket.destroy();
  }

  content(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
