import { Duplex } from 'node:stream';
import { ReceiveQueue } from '../receive-queue.ts';
import type { StreamHeaders } from './header-block.ts';

/** What a stream asks of its connection. */
export interface StreamLink {
  /** Sends data as windows and the transport allow; calls back when the last of it has been written. */
  send(stream: SpdyStream, data: Buffer, callback: (error?: Error | null) => void): void;
  /** Half-closes: nothing more will be sent. */
  finish(stream: SpdyStream): void;
  /** The reader has taken `bytes` that were received. */
  consumed(stream: SpdyStream, bytes: number): void;
  /** The stream is over, in whichever way. */
  destroyed(stream: SpdyStream): void;
}

const writableHighWaterMark = 64 * 1024;

/**
 * One stream of a SPDY connection. `end()` half-closes it, `destroy()` resets it (RST_STREAM) unless both
 * sides have finished. It never throws an `error` event at nobody: who cares listens.
 */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: StreamHeaders;
  /** Received and not yet taken by the reader, in bytes. */
  unread = 0;
  /** Taken by the reader and not yet told to the peer, in bytes. */
  credit = 0;
  /** What the peer lets us send, in bytes; negative after it has made its window smaller. */
  sendWindow: number;
  outgoing: { data: Buffer; callback: (error?: Error | null) => void } | undefined;
  localFinished = false;
  remoteFinished = false;
  readonly #link: StreamLink;
  readonly #received = new ReceiveQueue();
  /** Whether the reader has taken all that it was given. */
  #wanted = false;

  constructor(id: number, headers: StreamHeaders, sendWindow: number, link: StreamLink) {
    super({
      allowHalfOpen: true,
      // One block at a time: the rest waits in a queue that costs no more than its bytes.
      readableHighWaterMark: 1,
      writableHighWaterMark,
    });
    this.id = id;
    this.headers = headers;
    this.sendWindow = sendWindow;
    this.#link = link;
    this.on('error', () => {});
  }

  /** Data from the peer; `fin` after the last of it. */
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
   * The peer has reset the stream, or its connection has ended: no RST_STREAM goes back. What has come until
   * then can still be read, for Go's servers end their streams, the last output just sent, by resetting them.
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
