// The SPDY connection: streams, PING, GOAWAY, and limits that protect this process from a hostile peer.
import type { Duplex } from 'node:stream';
import { FrameDecoder, SpdyError } from './frame-decoder.ts';
import { type Frame, type GoAwayStatus, goAwayStatus, rstStatus, settingsId } from './frames.ts';
import { HeaderCompressor, HeaderDecompressor, type StreamHeaders } from './header-block.ts';
import { ReceiveWindows, receiveWindow } from './receive-windows.ts';
import { FrameSender } from './sender.ts';
import { SpdyStream } from './stream.ts';

export interface SpdyConnectionOptions {
  role: 'client' | 'server';
  /** The headers, in lower case, to keep of streams of the peer; default: all. */
  headerNames?: ReadonlySet<string>;
  /** Returns the reason to refuse a stream of the peer; undefined accepts it. */
  refuse?: (headers: StreamHeaders, streamId: number) => string | undefined;
  /** Called for an accepted stream, after its SYN_REPLY. */
  onStream?: (stream: SpdyStream) => void;
  /** Maximum number of open streams of the peer; default 16. */
  maxStreams?: number;
  /** Idle timeout of the connection. */
  idleTimeoutMs?: number;
  /** Interval of PINGs, which keep the connection alive through proxies. */
  pingIntervalMs?: number;
}

const maxRefused = 1000;
/** Maximum number of HEADERS and unsolicited SYN_REPLY frames, which peers of these protocols do not send. */
const maxStrayHeaders = 1000;
/** Maximum number of SETTINGS frames: peers send one, and each changes all streams. */
const maxSettingsFrames = 100;
/** Interval of PINGs while reading is paused: only a failing write reveals a disconnected client then. */
const pausedPingMs = 5_000;
/**
 * Timeout for the peer to close after our last byte. Closing at once would let data of the peer reset the connection,
 * and discard what it has not read yet. Shorter for a peer that violated the protocol.
 */
const lingerMs = { ok: 30_000, failed: 2_000 };

const nothing = Buffer.alloc(0);

/**
 * A SPDY/3.1 connection over any duplex stream, for client and server. Its memory is limited in both directions; a
 * protocol violation is answered by GOAWAY and closes the connection.
 */
export class SpdyConnection {
  /** Aborted when the connection has ended, with the reason. */
  readonly signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #transport: Duplex;
  readonly #options: SpdyConnectionOptions;
  readonly #sender: FrameSender;
  readonly #windows: ReceiveWindows;
  readonly #decoder = new FrameDecoder();
  readonly #compressor = new HeaderCompressor();
  readonly #decompressor: HeaderDecompressor;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #opening = new Map<number, PromiseWithResolvers<SpdyStream>>();
  #idle: NodeJS.Timeout | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #pausedPing: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #nextId: number;
  #nextPing: number;
  #lastPeerId = 0;
  #refused = 0;
  #strayHeaders = 0;
  #settingsFrames = 0;
  #greeted = false;
  #goneAway = false;
  #closing = false;

  constructor(transport: Duplex, options: SpdyConnectionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#decompressor = new HeaderDecompressor(options.role === 'client' ? new Set() : options.headerNames);
    this.#nextId = options.role === 'client' ? 1 : 2;
    this.#nextPing = this.#nextId;
    this.signal = this.#ended.signal;
    this.#sender = new FrameSender(transport, () =>
      this.#fail(new SpdyError('peer asks for answers and does not read them')),
    );
    const sender = this.#sender;
    this.#windows = new ReceiveWindows({
      get peerHasWindows() {
        return sender.peerHasWindows;
      },
      windowUpdate: (streamId, delta) => this.#sender.control({ type: 'WINDOW_UPDATE', streamId, delta }),
      setPaused: (paused) => this.#setPaused(paused),
    });
    if (options.idleTimeoutMs !== undefined) {
      const idle = () => this.destroy(new Error('connection idle for too long'));
      this.#idle = setTimeout(idle, options.idleTimeoutMs).unref();
    }
    if (options.pingIntervalMs !== undefined)
      this.#keepAlive = setInterval(() => {
        if (!transport.isPaused()) this.#ping();
      }, options.pingIntervalMs).unref();
    transport.on('data', (chunk: Buffer) => this.#read(chunk));
    transport.on('end', () => this.destroy(new Error('connection closed by the peer')));
    transport.on('error', (error) => this.destroy(error));
    transport.on('close', () => this.destroy(new Error('connection closed')));
    if (transport.destroyed) queueMicrotask(() => this.destroy(new Error('connection closed')));
    // Only clients send first: Go's clients lose data that arrives in one segment with the 101 response.
    if (options.role === 'client') this.#greet();
  }

  /** Opens a stream; resolves when the peer has accepted it. */
  open(headers: Iterable<readonly [string, string]>): Promise<SpdyStream> {
    if (this.#goneAway || this.#closing || this.signal.aborted)
      return Promise.reject(new Error('connection closed'));
    const streamId = this.#nextId;
    this.#nextId += 2;
    const list = [...headers];
    this.#add(streamId, new Map(list.map(([name, value]) => [name.toLowerCase(), value])));
    const opening = Promise.withResolvers<SpdyStream>();
    this.#opening.set(streamId, opening);
    const block = this.#compressor.compress(list);
    const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false };
    this.#sender.control({ type: 'SYN_STREAM', streamId, ...flags, block });
    return opening.promise;
  }

  /** Resets open streams, sends GOAWAY, and ends when the peer has closed too, or 30 s after the last byte. */
  close(): void {
    if (this.#closing || this.signal.aborted) return;
    for (const stream of [...this.#streams.values()]) stream.destroy(new Error('connection closed'));
    this.#goAway(goAwayStatus.ok);
    this.#transport.once('finish', () => this.#lingerFor(lingerMs.ok));
  }

  /** Ends the connection at once. */
  destroy(reason: Error): void {
    clearTimeout(this.#linger);
    this.#settle(reason);
    this.#transport.destroy();
  }

  #fail(error: Error): void {
    if (this.#closing || this.signal.aborted) return;
    this.#goAway(goAwayStatus.protocolError);
    this.#lingerFor(lingerMs.failed);
    this.#settle(error);
  }

  #goAway(status: GoAwayStatus): void {
    this.#sender.control({ type: 'GOAWAY', lastGoodStreamId: this.#lastPeerId, status });
    this.#closing = true;
    this.#transport.end();
    this.#transport.resume();
  }

  #lingerFor(ms: number): void {
    this.#linger = setTimeout(() => this.destroy(new Error('connection closed')), ms).unref();
  }

  #settle(reason: Error): void {
    if (this.signal.aborted) return;
    clearTimeout(this.#idle);
    clearInterval(this.#keepAlive);
    clearInterval(this.#pausedPing);
    this.#ended.abort(reason);
    for (const opening of this.#opening.values()) opening.reject(reason);
    this.#opening.clear();
    for (const stream of [...this.#streams.values()]) stream.abandon(reason);
  }

  #greet(): void {
    this.#greeted = true;
    const settings = [{ id: settingsId.initialWindowSize, flags: 0, value: receiveWindow }];
    this.#sender.control({ type: 'SETTINGS', settings });
  }

  #ping(): void {
    this.#sender.control({ type: 'PING', id: this.#nextPing });
    this.#nextPing = (this.#nextPing + 2) & 0x7fff_ffff;
  }

  #setPaused(paused: boolean): void {
    clearInterval(this.#pausedPing);
    if (this.#closing || this.signal.aborted) return;
    if (paused) {
      this.#transport.pause();
      if (this.#options.role === 'server')
        this.#pausedPing = setInterval(() => this.#ping(), pausedPingMs).unref();
    } else {
      this.#transport.resume();
    }
  }

  #read(chunk: Buffer): void {
    if (this.#closing || this.signal.aborted) return;
    this.#idle?.refresh();
    try {
      for (const frame of this.#decoder.push(chunk)) {
        this.#receive(frame);
        if (this.#closing || this.signal.aborted) return;
      }
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error;
      this.#fail(error);
    }
  }

  #receive(frame: Frame): void {
    if (!this.#greeted) this.#greet();
    switch (frame.type) {
      case 'DATA': {
        const stream = this.#streams.get(frame.streamId);
        const open = stream !== undefined && !stream.remoteFinished && !stream.destroyed;
        if (open) this.#windows.received(stream, frame.data, frame.fin);
        else this.#windows.discarded(frame.data.length);
        break;
      }
      case 'SYN_STREAM':
        this.#receiveStream(frame.streamId, this.#decompressor.decompress(frame.block), frame.fin);
        break;
      case 'SYN_REPLY': {
        this.#decompressor.decompress(frame.block);
        const stream = this.#streams.get(frame.streamId);
        const opening = this.#opening.get(frame.streamId);
        if (stream === undefined || opening === undefined) {
          this.#countStrayHeaders();
          break;
        }
        this.#opening.delete(frame.streamId);
        opening.resolve(stream);
        if (frame.fin) stream.receive(nothing, true);
        break;
      }
      case 'HEADERS':
        // Peers of these protocols do not send HEADERS, but the compression state depends on every block.
        this.#countStrayHeaders();
        this.#decompressor.decompress(frame.block);
        if (frame.fin) this.#streams.get(frame.streamId)?.receive(nothing, true);
        break;
      case 'RST_STREAM': {
        const error = new Error(`stream reset by the peer (status ${frame.status})`);
        this.#opening.get(frame.streamId)?.reject(error);
        this.#opening.delete(frame.streamId);
        this.#streams.get(frame.streamId)?.abandon(error);
        break;
      }
      case 'PING':
        if ((frame.id & 1) !== (this.#nextPing & 1)) this.#sender.control(frame);
        break;
      case 'GOAWAY':
        this.#goneAway = true;
        if (this.#streams.size === 0) this.close();
        break;
      case 'SETTINGS':
        if (++this.#settingsFrames > maxSettingsFrames) throw new SpdyError('too many SETTINGS frames');
        for (const { id, value } of frame.settings)
          if (id === settingsId.initialWindowSize && !this.#sender.resize(value, this.#streams.values()))
            throw new SpdyError('initial window out of range');
        break;
      case 'WINDOW_UPDATE': {
        const target = frame.streamId === 0 ? 'connection' : this.#streams.get(frame.streamId);
        if (target !== undefined && !this.#sender.grow(target, frame.delta))
          throw new SpdyError('window out of range');
        break;
      }
    }
  }

  #countStrayHeaders(): void {
    if (++this.#strayHeaders > maxStrayHeaders) throw new SpdyError('too many HEADERS frames');
  }

  #receiveStream(streamId: number, headers: StreamHeaders, fin: boolean): void {
    if (this.#goneAway) return;
    const refusal = this.#refusal(streamId, headers);
    if (refusal !== undefined) {
      if (++this.#refused > maxRefused)
        throw new SpdyError(`too many streams that were refused, the last one because: ${refusal.reason}`);
      this.#sender.control({ type: 'RST_STREAM', streamId, status: refusal.status });
      return;
    }
    this.#lastPeerId = streamId;
    const stream = this.#add(streamId, headers);
    this.#sender.control({ type: 'SYN_REPLY', streamId, fin: false, block: this.#compressor.compress([]) });
    if (fin) stream.receive(nothing, true);
    this.#options.onStream?.(stream);
  }

  #refusal(streamId: number, headers: StreamHeaders): { status: number; reason: string } | undefined {
    const { role, maxStreams = 16, refuse } = this.#options;
    if (role === 'client') return { status: rstStatus.refusedStream, reason: 'a server opens none' };
    if ((streamId & 1) === 0 || streamId <= this.#lastPeerId)
      return { status: rstStatus.protocolError, reason: `stream id ${streamId} is not in order` };
    if (this.#streams.size >= maxStreams)
      return { status: rstStatus.refusedStream, reason: `${maxStreams} streams are open` };
    const reason = refuse?.(headers, streamId);
    return reason === undefined ? undefined : { status: rstStatus.cancel, reason };
  }

  #add(streamId: number, headers: StreamHeaders): SpdyStream {
    const stream = new SpdyStream(streamId, headers, this.#sender.initialWindow, {
      send: (sending, data, callback) => {
        this.#idle?.refresh();
        if (this.#closing || this.signal.aborted) callback(new Error('connection closed'));
        else this.#sender.data(sending, data, callback);
      },
      finish: (finished) => {
        finished.localFinished = true;
        this.#sender.fin(finished.id);
      },
      consumed: (reading, bytes) => this.#windows.consumed(reading, bytes),
      destroyed: (gone) => this.#remove(gone),
    });
    this.#streams.set(streamId, stream);
    return stream;
  }

  #remove(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.#sender.forget(stream);
    this.#windows.removed(stream);
    if (!(stream.localFinished && stream.remoteFinished) && !this.#closing && !this.signal.aborted)
      this.#sender.control({ type: 'RST_STREAM', streamId: stream.id, status: rstStatus.cancel });
    if (this.#goneAway && this.#streams.size === 0) this.close();
  }
}
