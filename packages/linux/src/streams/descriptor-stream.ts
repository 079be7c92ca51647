// A Duplex stream over any pollable descriptor.
import { readSync, writeSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { hasCode } from '@berth/common/error-code.ts';
import { asError } from '@berth/common/error-message.ts';
import { closeDescriptor, type DescriptorWatch, watchDescriptor } from '../syscall/libc.ts';

export interface DescriptorStreamOptions {
  /**
   * `packets`: the descriptor is a SOCK_SEQPACKET socket. Each chunk that is read is one packet, and writes are split
   * into packets of at most `packetBytes`.
   */
  kind: 'bytes' | 'packets';
  packetBytes?: number;
  /** Half-closes the writing direction; without it the descriptor has no half-close. */
  endWriting?: (descriptor: number) => void;
}

/** Bytes of one read(2); a longer packet would be truncated. */
const readBytes = 64 * 1024;
/** Reads in one turn of the event loop at most. */
const readsPerTurn = 16;

const scratch = Buffer.alloc(readBytes);

/**
 * A stream over a nonblocking descriptor that Node has no stream for (the master of a terminal, a SOCK_SEQPACKET
 * socket). Owns the descriptor and polls it in the event loop, without a thread. After a hang-up (EIO of a terminal)
 * pending input is still read to its end, and writes are discarded: the end of the readable side reports the hang-up.
 */
export class DescriptorStream extends Duplex {
  readonly descriptor: number;
  readonly #options: DescriptorStreamOptions;
  readonly #watch: DescriptorWatch;
  #wantsRead = false;
  #rest: Buffer = Buffer.alloc(0);
  #written: ((error?: Error | null) => void) | undefined;

  constructor(descriptor: number, options: DescriptorStreamOptions) {
    super({ readableObjectMode: options.kind === 'packets', allowHalfOpen: true });
    this.descriptor = descriptor;
    this.#options = options;
    this.#watch = watchDescriptor(descriptor, () => this.#onReady());
  }

  override _read(): void {
    if (this.#wantsRead) return;
    this.#wantsRead = true;
    this.#wait();
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#rest = chunk;
    this.#written = callback;
    this.#writeSome();
    if (this.#written !== undefined) this.#wait();
  }

  override _final(callback: (error?: Error | null) => void): void {
    try {
      this.#options.endWriting?.(this.descriptor);
      callback();
    } catch (error) {
      // The peer may have closed already.
      callback(hasCode(error, 'ENOTCONN') || !(error instanceof Error) ? null : error);
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#watch.close();
    closeDescriptor(this.descriptor);
    callback(error);
  }

  #wait(): void {
    if (this.destroyed) return;
    this.#watch.want({ readable: this.#wantsRead, writable: this.#written !== undefined });
  }

  #onReady(): void {
    if (this.destroyed) return;
    if (this.#written !== undefined) this.#writeSome();
    // A callback may destroy this stream, after which the number may belong to another file.
    for (let reads = 0; this.#wantsRead && !this.destroyed && reads < readsPerTurn; reads++) {
      if (!this.#readSome()) break;
    }
    this.#wait();
  }

  /** True when more input may be pending. */
  #readSome(): boolean {
    let length: number;
    try {
      length = readSync(this.descriptor, scratch);
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) return false;
      // EIO: the last process closed the terminal.
      if (hasCode(error, 'EIO')) length = 0;
      else {
        this.#wantsRead = false;
        this.destroy(asError(error));
        return false;
      }
    }
    if (length === 0) {
      this.#wantsRead = false;
      this.push(null);
      return false;
    }
    // Set this before push(), which may call _read().
    this.#wantsRead = false;
    if (this.push(Buffer.from(scratch.subarray(0, length)))) this.#wantsRead = true;
    return this.#options.kind === 'packets' || length === readBytes;
  }

  #writeSome(): void {
    const { packetBytes = readBytes } = this.#options;
    try {
      while (this.#rest.length > 0) {
        const written = writeSync(this.descriptor, this.#rest.subarray(0, packetBytes));
        this.#rest = this.#rest.subarray(written);
      }
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) return;
      // The peer no longer reads; input that it sent before must still be read.
      const isUnread = hasCode(error, 'EIO', 'EPIPE', 'ECONNRESET');
      this.#settleWrite(isUnread || !(error instanceof Error) ? null : error);
      return;
    }
    this.#settleWrite(null);
  }

  #settleWrite(error: Error | null): void {
    const written = this.#written;
    this.#written = undefined;
    written?.(error);
  }
}
