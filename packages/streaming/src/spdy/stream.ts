// A SPDY stream as a Node.js Duplex; connection.ts makes one for each SYN_STREAM.
import { Duplex } from 'node:stream';
import { ReceiveQueue } from '../buffers/receive-queue.ts';
import type { StreamHeaders } from './header-block.ts';

/** The operations on the connection that a stream needs. */
export interface StreamLink {
  /** Sends data within windows and back-pressure; calls back when all is written. */
  send(stream: SpdyStream, data: Buffer, callback: (error?: Error | null) => void): void;
  /** Half-closes the stream. */
  finish(stream: SpdyStream): void;
  /** The reader has consumed `bytes`. */
  consumed(stream: SpdyStream, bytes: number): void;
  /** The stream is closed. */
  destroyed(stream: SpdyStream): void;
}

const writableHighWaterMark = 64 * 1024;

/**
 * A stream of a SPDY connection. `end()` half-closes it; `destroy()` sends RST_STREAM unless both sides have finished.
 * An `error` event without a listener does not throw.
 */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: StreamHeaders;
  /** Bytes received and not read. */
  unread = 0;
  /** Bytes read and not yet returned by WINDOW_UPDATE. */
  credit = 0;
  /** The send window in bytes; negative after the peer has lowered its initial window. */
  sendWindow: number;
  outgoing: { data: Buffer; callback: (error?: Error | null) => void } | undefined;
  localFinished = false;
  remoteFinished = false;
  readonly #link: StreamLink;
  readonly #received = new ReceiveQueue();
  /** Whether the reader accepts more data. */
  #wanted = false;

  constructor(id: number, headers: StreamHeaders, sendWindow: number, link: StreamLink) {
    super({
      allowHalfOpen: true,
      // Push one block at a time; the rest stays in the compact queue.
      readableHighWaterMark: 1,
      writableHighWaterMark,
    });
    this.id = id;
    this.headers = headers;
    this.sendWindow = sendWindow;
    this.#link = link;
    this.on('error', () => {});
  }

  /** Data from the peer; `fin` with the last data. */
  receive(data: Buffer, fin: boolean): void {
    if (this.remoteFinished || this.destroyed) return;
    this.unread += data.length;
    this.#received.push(data);
    if (fin) this.remoteFinished = true;
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#wanted) return;
    const block = this.#received.shift();
    if (block === undefined && !this.remoteFinished) return;
    this.#wanted = false;
    this.push(block ?? null);
  }

  /**
   * The peer has reset the stream, or the connection has ended; sends no RST_STREAM. Received data can still be read, as
   * Go's servers reset their streams right after the last output.
   */
  abandon(error: Error): void {
    const unread = this.readableLength + this.#received.length > 0 && !this.destroyed;
    this.localFinished = true;
    this.remoteFinished = true;
    if (!unread) {
      this.destroy(error);
      return;
    }
    this.once('end', () => this.destroy(error));
    this.#deliver();
  }

  override _read(): void {
    this.#wanted = true;
    const consumed = this.unread - this.readableLength - this.#received.length;
    if (consumed > 0) {
      this.unread -= consumed;
      this.#link.consumed(this, consumed);
    }
    this.#deliver();
  }

  override _write(data: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#link.send(this, data, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#link.finish(this);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#link.destroyed(this);
    this.#received.clear();
    const { outgoing } = this;
    this.outgoing = undefined;
    outgoing?.callback(error ?? new Error('stream closed'));
    callback(error);
  }
}
