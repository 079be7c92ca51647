// The client side of an HTTP/2 connection over a Unix socket: each request has a body; responses are streamed.
import {
  decodeSettings,
  defaultMaxFrame,
  defaultWindow,
  encodeFrame,
  encodeSettings,
  errorCode,
  type Frame,
  FrameReader,
  flag,
  frameType,
  largestMaxFrame,
  maxWindow,
  preface,
  setting,
  unpadded,
  words,
} from './frames.ts';
import { decodeHeaders, encodeHeaders } from './hpack.ts';
import { connectUnixSocket, type UnixSocket } from './unix-socket.ts';

/** Callbacks of a stream. None is called after `end`, `reset` or `lost`. */
export interface StreamListener {
  /** The response's headers or, with `isEnd`, its trailers. */
  headers(headers: ReadonlyMap<string, string>, isEnd: boolean): void;
  data(octets: Buffer): void;
  /** END_STREAM came with DATA, without trailers. */
  end(): void;
  /** RST_STREAM with this HTTP/2 error code. */
  reset(code: number): void;
  /** The connection ended before the stream; `wasReady` says whether the server had sent SETTINGS. */
  lost(reason: Error, wasReady: boolean): void;
}

interface Stream {
  listener: StreamListener;
  /** Its HEADERS frame, while SETTINGS_MAX_CONCURRENT_STREAMS does not allow it to be sent. */
  opening: Buffer | undefined;
  /** The rest of the request's body, which waits for flow control. */
  unsent: Buffer;
  /** The stream's flow-control window for sending; negative after the peer has lowered SETTINGS_INITIAL_WINDOW_SIZE. */
  sendWindow: number;
}

/** Limits of a header block in octets and in frames; error texts are its largest part. */
const maxBlock = 1024 * 1024;
const maxBlockFrames = 256;
/** Octets of replies to PING and SETTINGS that may queue up when the server does not read. */
const maxQueuedReplies = 1024 * 1024;

/** The flow-control window for receiving, of each stream and of the connection. */
const receiveWindow = 32 * 1024 * 1024;

export class Connection {
  readonly #socket: UnixSocket;
  readonly #frames = new FrameReader();
  readonly #streams = new Map<number, Stream>();
  #nextStream = 1;
  #sendWindow = defaultWindow;
  #initialSendWindow = defaultWindow;
  #maxFrame = defaultMaxFrame;
  /** The header block whose CONTINUATION is awaited. */
  #block: { stream: number; isEnd: boolean; parts: Buffer[]; length: number } | undefined;
  /** The peer's SETTINGS_MAX_CONCURRENT_STREAMS, and how many streams are open. */
  #maxStreams = Number.POSITIVE_INFINITY;
  #opened = 0;
  #queuedReplies = 0;
  #isReady = false;
  #isOpen = true;

  constructor(socketPath: string) {
    this.#socket = connectUnixSocket(socketPath, {
      open: () => {},
      data: (octets) => this.#read(octets),
      lost: (reason) => this.#lose(reason),
    });
    this.#socket.unref();
    this.#socket.write(
      Buffer.concat([
        preface,
        encodeFrame(
          frameType.settings,
          0,
          0,
          encodeSettings([
            [setting.headerTableSize, 0],
            [setting.enablePush, 0],
            [setting.initialWindowSize, receiveWindow],
          ]),
        ),
        encodeFrame(frameType.windowUpdate, 0, 0, words(receiveWindow - defaultWindow)),
      ]),
    );
  }

  /** Whether a new request may be sent on it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether the server has sent SETTINGS. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Sends a request and returns its stream id. An open stream keeps the process alive. */
  request(headers: Readonly<Record<string, string>>, body: Buffer, listener: StreamListener): number {
    const id = this.#nextStream;
    this.#nextStream += 2;
    const opening = encodeFrame(frameType.headers, flag.endHeaders, id, encodeHeaders(headers));
    this.#streams.set(id, { listener, opening, unsent: body, sendWindow: this.#initialSendWindow });
    this.#socket.ref();
    this.#openStreams();
    return id;
  }

  /** Opens as many waiting streams as the peer allows, in the order of their ids. */
  #openStreams(): void {
    for (const [id, stream] of this.#streams) {
      if (this.#opened >= this.#maxStreams) return;
      if (stream.opening === undefined) continue;
      this.#socket.write(stream.opening);
      stream.opening = undefined;
      this.#opened++;
      this.#sendBody(id, stream);
    }
  }

  /** The listener has consumed `octets`: returns them to the stream's window by WINDOW_UPDATE. */
  consumed(id: number, octets: number): void {
    if (!this.#streams.has(id) || octets === 0) return;
    this.#socket.write(encodeFrame(frameType.windowUpdate, 0, id, words(octets)));
  }

  /** Resets a stream; its listener is not called any more. */
  cancel(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (stream.opening === undefined)
      this.#socket.write(encodeFrame(frameType.reset, 0, id, words(errorCode.cancel)));
    this.#forget(id);
  }

  close(): void {
    this.#isOpen = false;
    // Never connected: no GOAWAY.
    if (!this.#isReady) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(encodeFrame(frameType.goAway, 0, 0, words(0, errorCode.none)));
    this.#socket.end();
  }

  #forget(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    if (stream.opening === undefined) this.#opened--;
    this.#openStreams();
    if (this.#streams.size > 0) return;
    this.#socket.unref();
    if (!this.#isOpen) this.close();
  }

  #lose(reason: Error): void {
    this.#isOpen = false;
    this.#socket.destroy();
    for (const [id, { listener }] of this.#streams) {
      this.#streams.delete(id);
      listener.lost(reason, this.#isReady);
    }
  }

  #sendBody(id: number, stream: Stream): void {
    if (stream.opening !== undefined) return;
    while (stream.unsent.length > 0) {
      const size = Math.min(stream.unsent.length, this.#maxFrame, this.#sendWindow, stream.sendWindow);
      if (size <= 0) return;
      const payload = stream.unsent.subarray(0, size);
      stream.unsent = stream.unsent.subarray(size);
      stream.sendWindow -= size;
      this.#sendWindow -= size;
      const isLast = stream.unsent.length === 0;
      this.#socket.write(encodeFrame(frameType.data, isLast ? flag.endStream : 0, id, payload));
    }
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.read(chunk)) this.#onFrame(frame);
    } catch (error) {
      const reason = new Error('Protocol error', { cause: error });
      if (this.#isReady) {
        this.#socket.write(encodeFrame(frameType.goAway, 0, 0, words(0, errorCode.protocol)));
      }
      this.#lose(reason);
    }
  }

  #onFrame(frame: Frame): void {
    const { type, flags, stream: id, payload } = frame;
    if (!this.#isReady && type !== frameType.settings) throw new Error('the first frame is not SETTINGS');
    if (this.#block !== undefined && (type !== frameType.continuation || id !== this.#block.stream)) {
      throw new Error('another frame interrupts a header block');
    }
    const stream = this.#streams.get(id);
    switch (type) {
      case frameType.data: {
        // Return the octets to the connection's window at once: only stream windows apply back-pressure.
        if (payload.length > 0) {
          this.#reply(encodeFrame(frameType.windowUpdate, 0, 0, words(payload.length)));
        }
        if (stream === undefined) return;
        const octets = unpadded(frame);
        this.consumed(id, payload.length - octets.length);
        const isEnd = (flags & flag.endStream) !== 0;
        if (isEnd) this.#forget(id);
        stream.listener.data(octets);
        if (isEnd) stream.listener.end();
        return;
      }
      case frameType.headers:
        this.#block = { stream: id, isEnd: (flags & flag.endStream) !== 0, parts: [], length: 0 };
        this.#addBlockPart(unpadded(frame));
        if ((flags & flag.endHeaders) !== 0) this.#onHeaders();
        return;
      case frameType.continuation:
        if (this.#block === undefined) throw new Error('CONTINUATION without HEADERS');
        this.#addBlockPart(payload);
        if ((flags & flag.endHeaders) !== 0) this.#onHeaders();
        return;
      case frameType.reset:
        this.#forget(id);
        stream?.listener.reset(payload.readUInt32BE(0));
        return;
      case frameType.settings:
        if ((flags & flag.ack) === 0) this.#onSettings(payload);
        return;
      case frameType.ping:
        if ((flags & flag.ack) === 0) this.#reply(encodeFrame(type, flag.ack, 0, payload));
        return;
      case frameType.goAway:
        this.#onGoAway(payload.readUInt32BE(0) & 0x7fffffff);
        return;
      case frameType.windowUpdate:
        this.#onWindowUpdate(id, payload.readUInt32BE(0) & 0x7fffffff);
        return;
      case frameType.pushPromise:
        throw new Error('PUSH_PROMISE, though SETTINGS_ENABLE_PUSH is 0');
    }
  }

  #addBlockPart(part: Buffer): void {
    const block = this.#block;
    if (block === undefined) return;
    block.parts.push(part);
    block.length += part.length;
    if (block.length > maxBlock || block.parts.length > maxBlockFrames)
      throw new Error('a header block is too large');
  }

  /** Sends a reply that a peer can provoke; throws when it provokes more than it reads. */
  #reply(frame: Buffer): void {
    if (this.#socket.unsent === 0) this.#queuedReplies = 0;
    this.#queuedReplies += frame.length;
    if (this.#queuedReplies > maxQueuedReplies)
      throw new Error('the server provokes replies and does not read them');
    this.#socket.write(frame);
  }

  #onHeaders(): void {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined) return;
    const headers = decodeHeaders(Buffer.concat(block.parts));
    const stream = this.#streams.get(block.stream);
    if (block.isEnd) {
      // The server responded before it read the whole request: RST_STREAM says that the rest does not come.
      if (stream !== undefined && stream.unsent.length > 0) this.cancel(block.stream);
      else this.#forget(block.stream);
    }
    stream?.listener.headers(headers, block.isEnd);
  }

  #onSettings(payload: Buffer): void {
    this.#isReady = true;
    for (const [id, value] of decodeSettings(payload)) {
      if (id === setting.maxFrameSize) {
        if (value < defaultMaxFrame || value > largestMaxFrame)
          throw new Error('SETTINGS_MAX_FRAME_SIZE is out of bounds');
        this.#maxFrame = value;
      }
      if (id === setting.maxConcurrentStreams) this.#maxStreams = value;
      if (id !== setting.initialWindowSize) continue;
      if (value > maxWindow) throw new Error('a window out of bounds');
      for (const stream of this.#streams.values()) stream.sendWindow += value - this.#initialSendWindow;
      this.#initialSendWindow = value;
    }
    this.#reply(encodeFrame(frameType.settings, flag.ack, 0, Buffer.alloc(0)));
    this.#openStreams();
    for (const [id, stream] of this.#streams) this.#sendBody(id, stream);
  }

  #onWindowUpdate(id: number, more: number): void {
    if (id === 0) {
      this.#sendWindow += more;
      if (this.#sendWindow > maxWindow) throw new Error('a window out of bounds');
      for (const [each, stream] of this.#streams) this.#sendBody(each, stream);
      return;
    }
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.sendWindow += more;
    this.#sendBody(id, stream);
  }

  /** GOAWAY: the server accepts no more streams and has not processed those with an id above `lastStreamId`. */
  #onGoAway(lastStreamId: number): void {
    this.#isOpen = false;
    for (const [id, { listener }] of this.#streams) {
      if (id <= lastStreamId) continue;
      this.#streams.delete(id);
      listener.reset(errorCode.refusedStream);
    }
    if (this.#streams.size === 0) this.#socket.end();
  }
}
