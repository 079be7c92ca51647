// Limits what the clients of an HTTP/1 server can make it use.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ServerLimits {
  /** Maximum number of open connections; a further one closes the oldest. */
  maxConnections?: number;
  /** Timeout of the request headers of a connection. */
  headersTimeoutMs?: number;
  /** Idle timeout after that; 0 for none. */
  idleTimeoutMs?: number;
}

const defaults: Required<ServerLimits> = {
  maxConnections: 500,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
};

/** Maximum number of headers; further ones are ignored, and Node.js refuses more than 16 KiB of them. */
const maxHeaders = 100;

/** The connections of a guarded server. */
export interface GuardedConnections {
  /** Removes the limits of a connection that was upgraded to another protocol. */
  release(socket: Socket): void;
}

/**
 * Limits the resources of an HTTP/1 server, plain or TLS: the number of connections, their timeouts, and one request per
 * connection, so that pipelined requests do not run concurrently. Above the limit it closes the oldest connection, so
 * that idle connections do not lock out other clients.
 */
export function guard(server: Server, limits: ServerLimits = {}): GuardedConnections {
  const connections = new OpenConnections({ ...defaults, ...limits });
  server.maxHeadersCount = maxHeaders;
  server.maxRequestsPerSocket = 1;
  server.on('connection', (socket: Socket) => connections.add(socket));
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    connections.requested(socket);
    response.shouldKeepAlive = false;
  });
  return connections;
}

class OpenConnections implements GuardedConnections {
  readonly #limits: Required<ServerLimits>;
  /** Oldest first. */
  readonly #open = new Map<unknown, { socket: Socket; timer: NodeJS.Timeout }>();

  constructor(limits: Required<ServerLimits>) {
    this.#limits = limits;
  }

  add(socket: Socket): void {
    const key = keyOf(socket);
    const timer = setTimeout(() => socket.destroy(), this.#limits.headersTimeoutMs).unref();
    const connection = { socket, timer };
    this.#open.set(key, connection);
    socket.once('close', () => {
      clearTimeout(timer);
      if (this.#open.get(key) === connection) this.#open.delete(key);
    });
    const [oldest] = this.#open.values();
    if (this.#open.size > this.#limits.maxConnections) oldest?.socket.destroy();
  }

  requested(socket: Socket): void {
    clearTimeout(this.#open.get(keyOf(socket))?.timer);
    socket.setTimeout(this.#limits.idleTimeoutMs);
  }

  release(socket: Socket): void {
    const key = keyOf(socket);
    clearTimeout(this.#open.get(key)?.timer);
    this.#open.delete(key);
  }
}

/** The key of a connection: its remote address, which a TLS socket shares with its TCP socket; a Unix socket has none. */
function keyOf(socket: Socket): unknown {
  return socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;
}
