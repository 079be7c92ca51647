// Flow control of received data: bounds what unread streams can hold in memory.
import type { SpdyStream } from './stream.ts';

/** The receive window of a stream in bytes. */
export const receiveWindow = 256 * 1024;
/** Unread bytes of all streams at which reading the connection is paused. */
const maxUnread = 8 * 1024 * 1024;

/** The operations on the connection that ReceiveWindows needs. */
export interface ReceiveLink {
  /**
   * Whether the peer uses flow control. A peer that does not (moby/spdystream) gets no WINDOW_UPDATE: it may have closed
   * its socket after its last bytes, and data sent to it would reset the connection and discard those bytes.
   */
  readonly peerHasWindows: boolean;
  /** Sends WINDOW_UPDATE for a stream, or for the connection (0). */
  windowUpdate(streamId: number, delta: number): void;
  /** Pauses or resumes reading the connection. */
  setPaused(paused: boolean): void;
}

/**
 * Limits received data that is unread: by the windows of streams when the peer uses flow control, and otherwise by
 * pausing the whole connection while one stream has too much.
 */
export class ReceiveWindows {
  #unread = 0;
  #connectionCredit = 0;
  #paused = false;
  readonly #behind = new Set<SpdyStream>();
  readonly #link: ReceiveLink;

  constructor(link: ReceiveLink) {
    this.#link = link;
  }

  /** Payload of a closed stream, which counts for the connection's window only. */
  discarded(bytes: number): void {
    // Return the bytes to the connection's window at once: only the windows of streams limit the peer.
    this.#connectionCredit += bytes;
    if (this.#connectionCredit < receiveWindow / 8 || !this.#link.peerHasWindows) return;
    this.#link.windowUpdate(0, this.#connectionCredit);
    this.#connectionCredit = 0;
  }

  received(stream: SpdyStream, data: Buffer, fin: boolean): void {
    this.discarded(data.length);
    this.#unread += data.length;
    stream.receive(data, fin);
    if (stream.unread >= 2 * receiveWindow) this.#behind.add(stream);
    this.#throttle();
  }

  /** The reader has consumed `bytes` of the stream. */
  consumed(stream: SpdyStream, bytes: number): void {
    this.#unread -= bytes;
    stream.credit += bytes;
    if (stream.credit >= receiveWindow / 2 && !stream.remoteFinished && this.#link.peerHasWindows) {
      this.#link.windowUpdate(stream.id, stream.credit);
      stream.credit = 0;
    }
    if (stream.unread < receiveWindow) this.#behind.delete(stream);
    this.#throttle();
  }

  /** The stream is closed; its unread data is dropped. */
  removed(stream: SpdyStream): void {
    this.#unread -= stream.unread;
    stream.unread = 0;
    this.#behind.delete(stream);
    this.#throttle();
  }

  #throttle(): void {
    const paused = this.#behind.size > 0 || this.#unread > maxUnread;
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#link.setPaused(paused);
  }
}
