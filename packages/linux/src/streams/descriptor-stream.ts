import { readSync, writeSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { hasCode } from '@berth/common/error-code.ts';
import { asError } from '@berth/common/error-message.ts';
import { closeDescriptor, type DescriptorWatch, watchDescriptor } from '../syscall/libc.ts';

export interface DescriptorStreamOptions {
  /**
   * `packets`: each read and each write of the descriptor is a packet, as of a SOCK_SEQPACKET socket; each
   * chunk that is read is one, none of what is written is longer than `packetBytes`.
   */
  kind: 'bytes' | 'packets';
  packetBytes?: number;
  /** Ends the writing direction; without it the descriptor has none that could end by itself. */
  endWriting?: (descriptor: number) => void;
}

/** How much is read at once; a packet that is longer would be cut short. */
const readBytes = 64 * 1024;
/** How many reads one turn of the event loop may take. */
const readsPerTurn = 16;

const scratch = Buffer.alloc(readBytes);

/**
 * A nonblocking descriptor that Node has no stream for (terminals' masters, sequenced-packet sockets), and
 * that it owns. Waits in the event loop, without a thread. What a descriptor that hung up (EIO of a terminal)
 * had to say before is read to its end; what is written to one is lost, and the end of reading tells so.
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
      // The other end may have closed already.
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
    // What is called back may destroy this, and the descriptor's number may be another file's then.
    for (let reads = 0; this.#wantsRead && !this.destroyed && reads < readsPerTurn; reads++) {
      if (!this.#readSome()) break;
    }
    this.#wait();
  }

  /** Whether there may be more to read. */
  #readSome(): boolean {
    let length: number;
    try {
      length = readSync(this.descriptor, scratch);
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) return false;
      // The other end of a terminal has been closed.
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
    // Set before push, which may call _read.
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
      // Nobody reads any more, which must not keep what was said before from being read.
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
