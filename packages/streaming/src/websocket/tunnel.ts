// Carries the SPDY connection of a port-forward through a WebSocket, on both sides.
import { Duplex } from 'node:stream';
import type { MessageSocket } from './message-socket.ts';

/** Prefix of the tunnel's WebSocket subprotocol; the SPDY subprotocol follows. */
export const tunnelPrefix = 'SPDY/3.1+';

/** A byte stream over the binary messages of a WebSocket, to tunnel SPDY frames. */
export class WebSocketTunnel extends Duplex {
  readonly #socket: MessageSocket;

  constructor(socket: MessageSocket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on('message', (data, binary) => {
      if (!binary || !Buffer.isBuffer(data)) this.destroy(new Error('text message in a tunnel'));
      else if (!this.push(data)) socket.pause();
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _write(data: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send(data, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.close(1000);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.terminate();
    callback(error);
  }

  #send(data: Buffer, callback: (error?: Error | null) => void): void {
    if (this.#socket.readyState !== this.#socket.OPEN) callback(new Error('connection closed'));
    else this.#socket.send(data, (error) => callback(error));
  }
}
