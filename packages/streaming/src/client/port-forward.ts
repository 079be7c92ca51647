// The client side of port-forward, for crictl: one SPDY connection, two streams for each forwarded connection.
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { listen } from '@berth/http/listen.ts';
import { SpdyConnection } from '../spdy/connection.ts';
import { tunnelPrefix, WebSocketTunnel } from '../websocket/tunnel.ts';
import { type DialOptions, dialSpdy, dialWebSocket } from './dial.ts';

const protocol = 'portforward.k8s.io';
const pingIntervalMs = 10_000;

export interface PortForwardOptions extends DialOptions {
  transport?: 'spdy' | 'websocket';
}

export interface LocalListener {
  /** The local port. */
  port: number;
  close(): Promise<void>;
}

/** The server could not forward one connection; `reason` is its error text. */
export class ForwardError extends Error {
  override readonly name = 'ForwardError';
  readonly reason: string;

  constructor(port: number, reason: string) {
    super(`an error occurred forwarding to port ${port}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * The client side of a port-forward: any number of connections to ports of one sandbox.
 *
 * @example
 * import { createServer } from 'node:http';
 * import { listen } from '@berth/http/listen.ts';
 * import { StreamingServer } from '@berth/streaming/server/streaming-server.ts';
 * import { testRuntime } from '@berth/streaming/testing/test-runtime.ts';
 *
 * // The pod's server: this runtime connects to ports of this machine.
 * const web = createServer((_request, response) => response.end('from the pod'));
 * await listen(web, { port: 0, host: '127.0.0.1' });
 * const bound = web.address();
 * assert.ok(bound !== null && typeof bound === 'object');
 * const server = await StreamingServer.start({ runtime: testRuntime() });
 *
 * const url = server.portForwardUrl({ podSandboxId: 'pod', ports: [] });
 * const client = await PortForwardClient.dial({ url });
 * const local = await client.listen({ localPort: 0, remotePort: bound.port });
 * const response = await fetch(`http://127.0.0.1:${local.port}`, { headers: { Connection: 'close' } });
 * assert.equal(await response.text(), 'from the pod');
 * client.close();
 * await server.close();
 * web.close();
 */
export class PortForwardClient {
  /** Aborted when the connection to the server has ended. */
  readonly signal: AbortSignal;
  readonly #connection: SpdyConnection;
  #nextRequest = 0;

  private constructor(connection: SpdyConnection) {
    this.#connection = connection;
    this.signal = connection.signal;
  }

  /** Connects to a port-forward URL. */
  static async dial(options: PortForwardOptions): Promise<PortForwardClient> {
    if (options.transport !== 'websocket') {
      const { connection } = await dialSpdy(options, [protocol]);
      return new PortForwardClient(connection);
    }
    const { socket } = await dialWebSocket(options, [`${tunnelPrefix}${protocol}`]);
    const connection = new SpdyConnection(new WebSocketTunnel(socket), { role: 'client', pingIntervalMs });
    socket.resume();
    return new PortForwardClient(connection);
  }

  /** Forwards a local connection to a port of the sandbox. Resolves when both directions have ended. */
  async forward(local: Duplex, port: number): Promise<void> {
    local.on('error', () => {});
    const common = [
      ['port', String(port)],
      ['requestID', String(this.#nextRequest++)],
    ] as const;
    try {
      const error = await this.#connection.open([['streamType', 'error'], ...common]);
      error.end();
      const message = text(error).catch(() => '');
      const data = await this.#connection.open([['streamType', 'data'], ...common]);
      // After an error the server sends nothing more: close the local connection.
      void message.then((told) => told !== '' && data.destroy());
      // Drop the rest of a direction whose reader has disconnected.
      await Promise.allSettled([pipeline(local, data), pipeline(data, local)]);
      data.destroy();
      const told = await message;
      if (told !== '') throw new ForwardError(port, told);
    } finally {
      local.destroy();
    }
  }

  /** Listens on a local port (0: random) and forwards each connection; calls `onError` for those that fail. */
  async listen(options: {
    address?: string;
    localPort: number;
    remotePort: number;
    onConnection?: () => void;
    onError?: (error: Error) => void;
  }): Promise<LocalListener> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      options.onConnection?.();
      this.forward(socket, options.remotePort).catch((error: Error) => options.onError?.(error));
    });
    await listen(server, { port: options.localPort, host: options.address ?? '127.0.0.1' }, options.onError);
    const bound = server.address();
    const close = async (): Promise<void> => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of sockets) socket.destroy();
      await closed;
    };
    this.signal.addEventListener('abort', () => void close(), { once: true });
    return { port: typeof bound === 'object' && bound !== null ? bound.port : options.localPort, close };
  }

  close(): void {
    this.#connection.close();
  }
}
