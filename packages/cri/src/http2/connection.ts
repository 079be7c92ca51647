// The client's end of an HTTP/2 connection over a Unix socket: requests with a body each, answers as they come.
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
import { connectWire, type Wire } from './wire.ts';

/** Who hears of an answer. After `end`, `reset` or `lost` nothing more comes. */
export interface StreamListener {
  /** Headers of the answer or, with `isEnd`, its trailers. */
  headers(headers: ReadonlyMap<string, string>, isEnd: boolean): void;
  data(octets: Buffer): void;
  /** The other side ended the stream after data, without trailers. */
  end(): void;
  /** The other side gave the stream up, with an error code of HTTP/2. */
  reset(code: number): void;
  /** The connection ended before the stream did. `wasReady` tells whether it had ever come about. */
  lost(reason: Error, wasReady: boolean): void;
}

interface Stream {
  listener: StreamListener;
  /** The frame that opens it, while the other side allows no further stream. */
  opening: Buffer | undefined;
  /** What of the request's body could not be sent yet. */
  unsent: Buffer;
  /** Octets that may be sent on it now; below zero after the peer made windows smaller. */
  sendWindow: number;
}

/** A header block, of which error texts are the largest part, and the frames that it comes in. */
const maxBlock = 1024 * 1024;
const maxBlockFrames = 256;
/** Answers to PING and SETTINGS that wait because the other side does not read. */
const maxOwed = 1024 * 1024;

/** So much may be under way to us on a stream until we ask for more; the same for the whole connection. */
const receiveWindow = 32 * 1024 * 1024;

export class Connection {
  readonly #wire: Wire;
  readonly #frames = new FrameReader();
  readonly #streams = new Map<number, Stream>();
  #nextStream = 1;
  #sendWindow = defaultWindow;
  #initialSendWindow = defaultWindow;
  #maxFrame = defaultMaxFrame;
  /** The header block whose CONTINUATION is awaited. */
  #block: { stream: number; isEnd: boolean; parts: Buffer[]; length: number } | undefined;
  /** Streams that the other side allows at once, and how many have been opened. */
  #maxStreams = Number.POSITIVE_INFINITY;
  #opened = 0;
  #owed = 0;
  #isReady = false;
  #isOpen = true;

  constructor(socketPath: string) {
    this.#wire = connectWire(socketPath, {
      open: () => {},
      data: (octets) => this.#read(octets),
      lost: (reason) => this.#lose(reason),
    });
    this.#wire.unref();
    this.#wire.write(
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

  /** Whether the other side has spoken HTTP/2. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Sends a request; gives back the number of its stream. An open stream keeps the process alive. */
  request(headers: Readonly<Record<string, string>>, body: Buffer, listener: StreamListener): number {
    const id = this.#nextStream;
    this.#nextStream += 2;
    const opening = encodeFrame(frameType.headers, flag.endHeaders, id, encodeHeaders(headers));
    this.#streams.set(id, { listener, opening, unsent: body, sendWindow: this.#initialSendWindow });
    this.#wire.ref();
    this.#openStreams();
    return id;
  }

  /** Opens what may be opened, in the order of the requests, which is that of their numbers. */
  #openStreams(): void {
    for (const [id, stream] of this.#streams) {
      if (this.#opened >= this.#maxStreams) return;
      if (stream.opening === undefined) continue;
      this.#wire.write(stream.opening);
      stream.opening = undefined;
      this.#opened++;
      this.#sendBody(id, stream);
    }
  }

  /** The listener took so many octets: as many more may come. */
  taken(id: number, octets: number): void {
    if (!this.#streams.has(id) || octets === 0) return;
    this.#wire.write(encodeFrame(frameType.windowUpdate, 0, id, words(octets)));
  }

  /** Gives a stream up; its listener hears nothing more. */
  cancel(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (stream.opening === undefined)
      this.#wire.write(encodeFrame(frameType.reset, 0, id, words(errorCode.cancel)));
    this.#forget(id);
  }

  close(): void {
    this.#isOpen = false;
    // A connection that never came about has nobody to say farewell to.
    if (!this.#isReady) {
      this.#wire.destroy();
      return;
    }
    this.#wire.write(encodeFrame(frameType.goAway, 0, 0, words(0, errorCode.none)));
    this.#wire.end();
  }

  #forget(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    if (stream.opening === undefined) this.#opened--;
    this.#openStreams();
    if (this.#streams.size > 0) return;
    this.#wire.unref();
    if (!this.#isOpen) this.close();
  }

  #lose(reason: Error): void {
    this.#isOpen = false;
    this.#wire.destroy();
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
      this.#wire.write(encodeFrame(frameType.data, isLast ? flag.endStream : 0, id, payload));
    }
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.read(chunk)) this.#take(frame);
    } catch (error) {
      const reason = new Error('Protocol error', { cause: error });
      if (this.#isReady) {
        this.#wire.write(encodeFrame(frameType.goAway, 0, 0, words(0, errorCode.protocol)));
      }
      this.#lose(reason);
    }
  }

  #take(frame: Frame): void {
    const { type, flags, stream: id, payload } = frame;
    if (!this.#isReady && type !== frameType.settings) throw new Error('SETTINGS have to come first');
    if (this.#block !== undefined && (type !== frameType.continuation || id !== this.#block.stream)) {
      throw new Error('a header block is interrupted');
    }
    const stream = this.#streams.get(id);
    switch (type) {
      case frameType.data: {
        // The connection's window is never what holds a stream back.
        if (payload.length > 0) {
          this.#answer(encodeFrame(frameType.windowUpdate, 0, 0, words(payload.length)));
        }
        if (stream === undefined) return;
        const octets = unpadded(frame);
        this.taken(id, payload.length - octets.length);
        const isEnd = (flags & flag.endStream) !== 0;
        if (isEnd) this.#forget(id);
        stream.listener.data(octets);
        if (isEnd) stream.listener.end();
        return;
      }
      case frameType.headers:
        this.#block = { stream: id, isEnd: (flags & flag.endStream) !== 0, parts: [], length: 0 };
        this.#takeBlockPart(unpadded(frame));
        if ((flags & flag.endHeaders) !== 0) this.#takeHeaders();
        return;
      case frameType.continuation:
        if (this.#block === undefined) throw new Error('a CONTINUATION of nothing');
        this.#takeBlockPart(payload);
        if ((flags & flag.endHeaders) !== 0) this.#takeHeaders();
        return;
      case frameType.reset:
        this.#forget(id);
        stream?.listener.reset(payload.readUInt32BE(0));
        return;
      case frameType.settings:
        if ((flags & flag.ack) === 0) this.#takeSettings(payload);
        return;
      case frameType.ping:
        if ((flags & flag.ack) === 0) this.#answer(encodeFrame(type, flag.ack, 0, payload));
        return;
      case frameType.goAway:
        this.#takeFarewell(payload.readUInt32BE(0) & 0x7fffffff);
        return;
      case frameType.windowUpdate:
        this.#takeWindow(id, payload.readUInt32BE(0) & 0x7fffffff);
        return;
      case frameType.pushPromise:
        throw new Error('a PUSH_PROMISE that was not allowed');
    }
  }

  #takeBlockPart(part: Buffer): void {
    const block = this.#block;
    if (block === undefined) return;
    block.parts.push(part);
    block.length += part.length;
    if (block.length > maxBlock || block.parts.length > maxBlockFrames)
      throw new Error('a header block is too large');
  }

  /** Sends what the other side makes us say, unless it lets that pile up. */
  #answer(frame: Buffer): void {
    if (this.#wire.unsent === 0) this.#owed = 0;
    this.#owed += frame.length;
    if (this.#owed > maxOwed) throw new Error('the other side asks for answers and does not read them');
    this.#wire.write(frame);
  }

  #takeHeaders(): void {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined) return;
    const headers = decodeHeaders(Buffer.concat(block.parts));
    const stream = this.#streams.get(block.stream);
    if (block.isEnd) {
      // A server that answers before it has read the whole request is told that the rest does not come.
      if (stream !== undefined && stream.unsent.length > 0) this.cancel(block.stream);
      else this.#forget(block.stream);
    }
    stream?.listener.headers(headers, block.isEnd);
  }

  #takeSettings(payload: Buffer): void {
    this.#isReady = true;
    for (const [id, value] of decodeSettings(payload)) {
      if (id === setting.maxFrameSize) {
        if (value < defaultMaxFrame || value > largestMaxFrame) throw new Error('a frame size out of bounds');
        this.#maxFrame = value;
      }
      if (id === setting.maxConcurrentStreams) this.#maxStreams = value;
      if (id !== setting.initialWindowSize) continue;
      if (value > maxWindow) throw new Error('a window out of bounds');
      for (const stream of this.#streams.values()) stream.sendWindow += value - this.#initialSendWindow;
      this.#initialSendWindow = value;
    }
    this.#answer(encodeFrame(frameType.settings, flag.ack, 0, Buffer.alloc(0)));
    this.#openStreams();
    for (const [id, stream] of this.#streams) this.#sendBody(id, stream);
  }

  #takeWindow(id: number, more: number): void {
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

  /** The server takes no more requests; those after `last` it has not looked at. */
  #takeFarewell(last: number): void {
    this.#isOpen = false;
    for (const [id, { listener }] of this.#streams) {
      if (id <= last) continue;
      this.#streams.delete(id);
      listener.reset(errorCode.refusedStream);
    }
    if (this.#streams.size === 0) this.#wire.end();
  }
}
