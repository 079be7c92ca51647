import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { protocolVersionHeader } from '../protocol/remote-command.ts';
import { SpdyConnection, type SpdyConnectionOptions } from '../spdy/connection.ts';

/** Where to connect and how. */
export interface DialOptions {
  /** As the runtime gave it, `http:` or `https:`. */
  url: string;
  /** PEM; certificates of a server are verified against `ca` unless `insecure`. */
  tls?: { ca?: string; cert?: string; key?: string; insecure?: boolean };
  /** Further request headers. */
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The server did not upgrade the connection; `status` is the HTTP status of its answer. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(`unable to upgrade connection: ${message}`);
    this.status = status;
  }
}

const maxErrorBody = 8192;
/** As client-go's, so that proxies between keep the connection. */
const pingIntervalMs = 5_000;

async function refusal(response: IncomingMessage): Promise<UpgradeError> {
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.length > maxErrorBody) break;
  }
  const message = text.trim().slice(0, maxErrorBody) || 'empty server response';
  return new UpgradeError(response.statusCode ?? 0, message);
}

function tlsOptions(options: DialOptions): Record<string, unknown> {
  const { ca, cert, key, insecure = false } = options.tls ?? {};
  return { ca, cert, key, rejectUnauthorized: !insecure };
}

/** Connects and upgrades to SPDY/3.1; the server chooses one of `protocols`. */
export async function dialSpdy(
  options: DialOptions,
  protocols: readonly string[],
  connection: Omit<SpdyConnectionOptions, 'role'> = {},
): Promise<{ connection: SpdyConnection; protocol: string }> {
  const url = new URL(options.url);
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  const { promise, resolve, reject } = Promise.withResolvers<{ socket: Duplex; protocol: string }>();
  const outgoing = request(url, {
    method: 'POST',
    headers: {
      ...options.headers,
      Connection: 'Upgrade',
      Upgrade: 'SPDY/3.1',
      [protocolVersionHeader]: [...protocols],
      'Content-Length': '0',
    },
    agent: false,
    ...(options.signal !== undefined && { signal: options.signal }),
    ...tlsOptions(options),
  });
  outgoing.on('error', reject);
  outgoing.on('response', (response) => void refusal(response).then(reject, reject));
  outgoing.on('upgrade', (response, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    socket.setNoDelay(true);
    // A server that names no protocol speaks the first, unversioned one.
    const answered = response.headers[protocolVersionHeader.toLowerCase()];
    resolve({ socket, protocol: typeof answered === 'string' ? answered : '' });
  });
  outgoing.end();
  const { socket, protocol } = await promise;
  return {
    connection: new SpdyConnection(socket, { pingIntervalMs, ...connection, role: 'client' }),
    protocol,
  };
}

/**
 * Connects and upgrades to a WebSocket, which is paused: resume it when its listeners are there. The server
 * chooses one of `protocols`, or none (the empty string).
 */
export async function dialWebSocket(
  options: DialOptions,
  protocols: readonly string[],
): Promise<{ socket: WebSocket; protocol: string }> {
  const { WebSocket } = await import('ws');
  const url = new URL(options.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const { promise, resolve, reject } = Promise.withResolvers<{ socket: WebSocket; protocol: string }>();
  const socket = new WebSocket(url, [], {
    perMessageDeflate: false,
    // Not as an argument: `ws` takes tokens only, which SPDY/3.1+portforward.k8s.io is not.
    headers: { ...options.headers, 'Sec-WebSocket-Protocol': protocols.join(', ') },
    ...tlsOptions(options),
  });
  let protocol = '';
  socket.on('upgrade', (response) => {
    protocol = response.headers['sec-websocket-protocol'] ?? '';
    delete response.headers['sec-websocket-protocol'];
  });
  const abort = (): void => socket.terminate();
  options.signal?.addEventListener('abort', abort, { once: true });
  socket.on('error', reject);
  socket.on('unexpected-response', (_, response) => void refusal(response).then(reject, reject));
  socket.on('open', () => {
    options.signal?.removeEventListener('abort', abort);
    socket.pause();
    if (protocol === '' || protocols.includes(protocol)) {
      resolve({ socket, protocol });
      return;
    }
    socket.terminate();
    reject(new UpgradeError(101, `the server chose the protocol ${protocol}, which was not asked for`));
  });
  return promise;
}
