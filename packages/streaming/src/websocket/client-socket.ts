// A WebSocket client. Bun replaces the client of `ws` by its own, which does not accept the subprotocol
// SPDY/3.1+portforward.k8s.io (it is not a token) and has no back-pressure.
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { MessageDecoder, maskedFrame, opcode, WebSocketError } from './client-frames.ts';
import type { MessageSocket } from './message-socket.ts';

const closeTimeoutMs = 30_000;

const states = { open: 1, closing: 2, closed: 3 } as const;

interface Events {
  message: [data: Buffer, isBinary: boolean];
  ping: [];
  close: [];
  error: [error: Error];
}

/** A WebSocket on an upgraded connection. It is paused until it is resumed. */
export class ClientSocket extends EventEmitter<Events> implements MessageSocket {
  readonly OPEN = states.open;
  readyState: number = states.open;
  readonly #transport: Duplex;
  readonly #decoder = new MessageDecoder();

  constructor(transport: Duplex) {
    super();
    this.#transport = transport;
    transport.pause();
    transport.on('data', (chunk: Buffer) => this.#read(chunk));
    transport.on('end', () => transport.end());
    transport.on('error', (error) => this.emit('error', error));
    transport.on('close', () => {
      this.readyState = states.closed;
      this.emit('close');
    });
  }

  get bufferedAmount(): number {
    return this.#transport.writableLength;
  }

  get isPaused(): boolean {
    return this.#transport.isPaused();
  }

  send(data: Buffer | string, sent: (error?: Error) => void = () => {}): void {
    const isText = typeof data === 'string';
    const payload = isText ? Buffer.from(data) : data;
    this.#write(maskedFrame(isText ? opcode.text : opcode.binary, payload), sent);
  }

  ping(): void {
    this.#write(maskedFrame(opcode.ping, Buffer.alloc(0)));
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  close(code: number): void {
    if (this.readyState !== states.open) return;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(maskedFrame(opcode.close, payload));
    this.readyState = states.closing;
    const timer = setTimeout(() => this.terminate(), closeTimeoutMs).unref();
    this.#transport.once('close', () => clearTimeout(timer));
  }

  terminate(): void {
    this.#transport.destroy();
  }

  #write(frame: Buffer, sent?: (error?: Error) => void): void {
    if (this.readyState !== states.open) sent?.(new Error('connection closed'));
    else this.#transport.write(frame, (error) => sent?.(error ?? undefined));
  }

  #read(chunk: Buffer): void {
    try {
      for (const { code, payload } of this.#decoder.push(chunk)) this.#receive(code, payload);
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.emit('error', error);
      this.terminate();
    }
  }

  #receive(code: number, payload: Buffer): void {
    switch (code) {
      case opcode.ping:
        this.emit('ping');
        this.#write(maskedFrame(opcode.pong, payload));
        break;
      case opcode.pong:
        break;
      case opcode.close:
        this.close(payload.length >= 2 ? payload.readUInt16BE() : 1000);
        this.#transport.end();
        break;
      default:
        this.emit('message', payload, code === opcode.binary);
    }
  }
}
