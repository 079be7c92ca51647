import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ServerLimits {
  /** Connections that are open at once; a new one beyond these closes the oldest. */
  maxConnections?: number;
  /** How long a connection may take until the headers of its request are whole. */
  headersTimeoutMs?: number;
  /** How long a connection may be silent after that; 0 for as long as it likes. */
  idleTimeoutMs?: number;
}

const defaults: Required<ServerLimits> = {
  maxConnections: 500,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
};

/** Further headers are ignored; Node.js refuses more than 16 KiB of them. */
const maxHeaders = 100;

/** The connections of a guarded server that are bounded. */
export interface GuardedConnections {
  /** Lets go of a connection that became something other than HTTP; its limits are the caller's from then on. */
  release(socket: Socket): void;
}

/**
 * Bounds what clients may cost an HTTP/1 server, plain or TLS: how many connections there are, how long each may
 * wait, and one request for each, so that pipelined requests cannot ask for many answers at once. When there are
 * too many, the oldest goes: a client that opens connections and says nothing keeps nobody else out.
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
  /** The oldest comes first. */
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

/** A TLS socket and the TCP socket below it have nothing in common but their peer; a Unix socket has no peer. */
function keyOf(socket: Socket): unknown {
  return socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;
}
