// Multiplexes streams over a WebSocket as numbered channels (channel.k8s.io), with back-pressure.
import { Duplex } from 'node:stream';
import { ReceiveQueue } from '../buffers/receive-queue.ts';
import { closeChannel } from '../protocol/remote-command.ts';
import type { MessageSocket } from './message-socket.ts';

export interface ChannelOptions {
  /** Whether messages are base64 text with the channel as a digit, and not binary with the channel as a byte. */
  base64: boolean;
  /** The side that closes channels by the message [255, channel]: the client since v5, none before. */
  closeSignal: 'sent' | 'received' | 'unknown';
  /** Idle timeout of the connection. */
  idleTimeoutMs?: number;
}

/** Maximum size of a message: receivers limit it, and channels alternate. */
const maxPayload = 64 * 1024;
/** Bytes of messages in the buffer of the socket at which writers wait. */
const maxBuffered = 1024 * 1024;
/** Unread bytes of a channel at which reading the connection is paused. */
const maxUnread = 256 * 1024;
/** Unread bytes of that channel at which reading is resumed. */
const resumeReading = maxUnread / 2;
const pausedPingMs = 5_000;

/**
 * Channels of the WebSocket protocols `channel.k8s.io`: each message begins with the number of its channel. Only a v5
 * client can send the `end()` of a channel to the peer; other versions have no message for it. Reading is paused for all
 * channels while one has too much unread data.
 */
export class ChannelConnection {
  /** Aborted when the connection has ended. */
  readonly signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #socket: MessageSocket;
  readonly #options: ChannelOptions;
  readonly #channels = new Map<number, Channel>();
  readonly #behind = new Set<Channel>();
  #idle: NodeJS.Timeout | undefined;
  #pausedPing: NodeJS.Timeout | undefined;
  /** Messages that are not sent yet. */
  #inFlight = 0;
  #closing = false;

  constructor(socket: MessageSocket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.signal = this.#ended.signal;
    if (options.idleTimeoutMs !== undefined) {
      const idle = () => this.destroy(new Error('connection idle for too long'));
      this.#idle = setTimeout(idle, options.idleTimeoutMs).unref();
    }
    socket.on('message', (data) => this.#receive(bytesOf(data)));
    socket.on('ping', () => this.#idle?.refresh());
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy(new Error('connection closed by the peer')));
  }

  /** The stream of a channel. Call it synchronously, or its first messages are lost. */
  open(number: number): Duplex {
    const channel = new Channel({
      send: (data, callback) => this.#send(number, data, callback),
      finish: () => {
        if (this.#options.closeSignal === 'sent' && this.#socket.readyState === this.#socket.OPEN)
          this.#socket.send(Buffer.from([closeChannel, number]));
      },
      drained: (drained) => this.#drained(drained),
    });
    this.#channels.set(number, channel);
    return channel;
  }

  /** Sends a message without payload, which announces the channel. */
  announce(number: number): void {
    this.#send(number, Buffer.alloc(0), () => {});
  }

  /** Closes after the last write; terminates the connection when the peer does not close within 30 s. */
  close(): void {
    this.#closing = true;
    this.#setPaused(false);
    this.#closeIfFlushed();
  }

  #closeIfFlushed(): void {
    if (this.#closing && this.#inFlight === 0) this.#socket.close(1000);
  }

  /** Ends the connection at once. */
  destroy(reason: Error): void {
    clearTimeout(this.#idle);
    clearInterval(this.#pausedPing);
    this.#socket.terminate();
    if (this.signal.aborted) return;
    this.#ended.abort(reason);
    for (const channel of this.#channels.values()) channel.abandon(reason);
  }

  #receive(message: Buffer): void {
    this.#idle?.refresh();
    const [first, second] = message;
    if (first === undefined) return;
    if (this.#options.closeSignal === 'received' && first === closeChannel) {
      if (message.length === 2 && second !== undefined) this.#channels.get(second)?.finishReading();
      else this.destroy(new Error('close signal without a channel'));
      return;
    }
    const channel = this.#channels.get(this.#options.base64 ? first - 0x30 : first);
    if (channel === undefined) return;
    // While closing, reading goes on for the close frame: drop data beyond the limit.
    if (this.#closing && channel.unread >= maxUnread) return;
    const payload = message.subarray(1);
    channel.receive(this.#options.base64 ? Buffer.from(payload.toString('latin1'), 'base64') : payload);
    if (channel.unread < maxUnread) return;
    this.#behind.add(channel);
    this.#setPaused(true);
  }

  #drained(channel: Channel): void {
    if (this.#behind.delete(channel) && this.#behind.size === 0) this.#setPaused(false);
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#socket.isPaused || (paused && this.#closing)) return;
    clearInterval(this.#pausedPing);
    if (paused) {
      this.#socket.pause();
      // Send a PING: while reading is paused, only a failing write reveals a disconnected peer.
      const ping = () => this.#socket.readyState === this.#socket.OPEN && this.#socket.ping();
      this.#pausedPing = setInterval(ping, pausedPingMs).unref();
    } else {
      this.#socket.resume();
    }
  }

  #send(number: number, data: Buffer, callback: (error?: Error | null) => void): void {
    if (data.length > maxPayload) {
      const rest = data.subarray(maxPayload);
      const next = (error?: Error | null): void =>
        error ? callback(error) : this.#send(number, rest, callback);
      this.#send(number, data.subarray(0, maxPayload), next);
      return;
    }
    this.#idle?.refresh();
    if (this.#socket.readyState !== this.#socket.OPEN) {
      callback(new Error('connection closed'));
      return;
    }
    const message = this.#options.base64
      ? `${number}${data.toString('base64')}`
      : Buffer.concat([Buffer.from([number]), data]);
    const waits = this.#socket.bufferedAmount >= maxBuffered;
    this.#inFlight++;
    this.#socket.send(message, (error) => {
      this.#inFlight--;
      if (waits) callback(error);
      this.#closeIfFlushed();
    });
    if (!waits) process.nextTick(callback);
  }
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

interface ChannelLink {
  send(data: Buffer, callback: (error?: Error | null) => void): void;
  finish(): void;
  drained(channel: Channel): void;
}

class Channel extends Duplex {
  readonly #link: ChannelLink;
  readonly #received = new ReceiveQueue();
  /** Whether the reader accepts more data. */
  #wanted = false;
  #finished = false;

  constructor(link: ChannelLink) {
    // Push one block at a time; the rest stays in the compact queue.
    super({ allowHalfOpen: true, readableHighWaterMark: 1, writableHighWaterMark: 64 * 1024 });
    this.#link = link;
    this.on('error', () => {});
  }

  /** Bytes received and not read. */
  get unread(): number {
    return this.readableLength + this.#received.length;
  }

  receive(data: Buffer): void {
    if (this.#finished || this.destroyed) return;
    this.#received.push(data);
    this.#deliver();
  }

  finishReading(): void {
    this.#finished = true;
    this.#deliver();
  }

  /** The connection has ended. Received data can still be read. */
  abandon(error: Error): void {
    if (this.unread === 0 || this.destroyed) {
      this.destroy(error);
      return;
    }
    this.once('end', () => this.destroy(error));
    this.finishReading();
  }

  #deliver(): void {
    if (!this.#wanted || this.destroyed) return;
    const block = this.#received.shift();
    if (block === undefined && !this.#finished) return;
    this.#wanted = false;
    this.push(block ?? null);
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
    if (this.unread <= resumeReading) this.#link.drained(this);
  }

  override _write(data: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#link.send(data, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#link.finish();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#received.clear();
    this.#link.drained(this);
    callback(error);
  }
}
