import type { SpdyStream } from './stream.ts';

/** How much of one stream the peer may send before the reader takes some, in bytes. */
export const receiveWindow = 256 * 1024;
/** Unread bytes of all streams together, beyond which the connection is not read on. */
const maxUnread = 8 * 1024 * 1024;

/** What the receiving half asks of the connection. */
export interface ReceiveLink {
  /**
   * Whether the peer uses flow control. One that does not (moby/spdystream) hears nothing of windows: it may
   * have closed behind its last bytes, and answering would make its kernel take them back from ours.
   */
  readonly peerHasWindows: boolean;
  /** Lets the peer send `delta` bytes more on a stream, or on the connection as a whole (0). */
  windowUpdate(streamId: number, delta: number): void;
  /** Stops or goes on reading the connection. */
  setPaused(paused: boolean): void;
}

/**
 * Keeps what is received and not yet read within bounds: a peer with windows is held up stream by stream;
 * for one without, the whole connection is not read while one stream's reader is far behind.
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

  /** Payload of a stream that is no more: only the connection's window has to hear of it. */
  discarded(bytes: number): void {
    // The connection's window is opened again at once, since streams are held up one by one.
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

  /** The reader has taken `bytes` off the stream. */
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

  /** The stream is over, and what is unread of it will never be read. */
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
