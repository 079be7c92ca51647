// Flow control of sent data: schedules streams fairly, within windows and the transport's back-pressure.
import type { Duplex } from 'node:stream';
import { type ControlFrame, defaultWindow, encodeControlFrame, encodeDataHeader } from './frames.ts';
import type { SpdyStream } from './stream.ts';

/** Maximum payload of a DATA frame, so that streams alternate. */
const maxDataFrame = 64 * 1024;
/** Payloads up to this size are copied into one buffer with their header, which is cheaper than a second write. */
const copiedFrame = 8 * 1024;
/** Maximum size of queued control frames, for a peer that provokes replies and does not read. */
const maxOwed = 1024 * 1024;

/**
 * Sends the frames of a connection: control frames at once, data of streams in turns, within the back-pressure of the
 * transport and, when the peer uses flow control, its windows.
 *
 * Usual peers (moby/spdystream) send neither SETTINGS nor WINDOW_UPDATE and expect none: their back-pressure is that of
 * TCP. So windows apply from the first frame of either kind on.
 */
export class FrameSender {
  /** Whether the peer uses flow control. */
  peerHasWindows = false;
  /** The initial send window of a stream. */
  initialWindow = defaultWindow;
  #sessionWindow = defaultWindow;
  #owed = 0;
  readonly #ready = new Set<SpdyStream>();
  readonly #transport: Duplex;
  readonly #flooded: () => void;

  /** Calls `flooded` when too many control frames are queued because the peer does not read. */
  constructor(transport: Duplex, flooded: () => void) {
    this.#transport = transport;
    this.#flooded = flooded;
    transport.on('drain', () => {
      this.#owed = 0;
      this.#pump();
    });
  }

  control(frame: ControlFrame): void {
    if (!this.#transport.writable) return;
    const bytes = encodeControlFrame(frame);
    this.#transport.write(bytes);
    if (!this.#transport.writableNeedDrain) return;
    this.#owed += bytes.length;
    if (this.#owed > maxOwed) this.#flooded();
  }

  /** Sends an empty DATA frame with FIN, which half-closes a stream. */
  fin(streamId: number): void {
    if (this.#transport.writable) this.#transport.write(encodeDataHeader(streamId, true, 0));
  }

  data(stream: SpdyStream, data: Buffer, callback: (error?: Error | null) => void): void {
    stream.outgoing = { data, callback };
    this.#ready.add(stream);
    this.#pump();
  }

  forget(stream: SpdyStream): void {
    this.#ready.delete(stream);
  }

  /** Handles WINDOW_UPDATE of a stream or the connection. False when the window overflows. */
  grow(stream: SpdyStream | 'connection', delta: number): boolean {
    this.peerHasWindows = true;
    if (stream === 'connection') {
      this.#sessionWindow += delta;
      if (this.#sessionWindow > 0x7fff_ffff) return false;
    } else {
      stream.sendWindow += delta;
      if (stream.sendWindow > 0x7fff_ffff) return false;
      if (stream.outgoing !== undefined) this.#ready.add(stream);
    }
    this.#pump();
    return true;
  }

  /** Handles a new initial window in SETTINGS, which changes open streams too. False when it is out of range. */
  resize(initial: number, streams: Iterable<SpdyStream>): boolean {
    if (initial > 0x7fff_ffff) return false;
    this.peerHasWindows = true;
    const delta = initial - this.initialWindow;
    this.initialWindow = initial;
    for (const stream of streams) {
      stream.sendWindow += delta;
      if (stream.outgoing !== undefined) this.#ready.add(stream);
    }
    this.#pump();
    return true;
  }

  #pump(): void {
    for (const stream of this.#ready) {
      if (this.#transport.writableNeedDrain) return;
      if (this.peerHasWindows && this.#sessionWindow <= 0) return;
      this.#ready.delete(stream);
      const { outgoing } = stream;
      if (outgoing === undefined) continue;
      const allowed = this.peerHasWindows
        ? Math.min(maxDataFrame, stream.sendWindow, this.#sessionWindow)
        : maxDataFrame;
      // The WINDOW_UPDATE of a stream with an empty window queues it again.
      if (allowed <= 0 && outgoing.data.length > 0) continue;
      this.#sendPart(stream, outgoing, allowed);
    }
  }

  #sendPart(
    stream: SpdyStream,
    outgoing: { data: Buffer; callback: (error?: Error | null) => void },
    allowed: number,
  ): void {
    const part = outgoing.data.subarray(0, allowed);
    const rest = outgoing.data.subarray(part.length);
    stream.sendWindow -= part.length;
    this.#sessionWindow -= part.length;
    let written: ((error?: Error | null) => void) | undefined;
    if (rest.length > 0) {
      outgoing.data = rest;
      this.#ready.add(stream);
    } else {
      stream.outgoing = undefined;
      written = outgoing.callback;
    }
    const header = encodeDataHeader(stream.id, false, part.length);
    if (part.length <= copiedFrame) {
      this.#transport.write(Buffer.concat([header, part]), written);
      return;
    }
    this.#transport.cork();
    this.#transport.write(header);
    this.#transport.write(part, written);
    this.#transport.uncork();
  }
}
