// Answers HTTP upgrade requests: negotiates SPDY or WebSocket subprotocols, or refuses with an HTTP error.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { protocolVersionHeader } from '../protocol/remote-command.ts';
import { applyMask } from '../websocket/mask.ts';

/** A request to upgrade the connection, with its socket and the data behind the request. */
export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** Timeout for a refused client to read the response. */
const refusalTimeoutMs = 5_000;

/** Refuses an upgrade with an error response, and closes the connection. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  message: string,
  headers: [string, string][] = [],
): void {
  const body = `${message}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const timer = setTimeout(() => socket.destroy(), refusalTimeoutMs).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** The values of a list header, from all its lines. */
function listHeader(request: IncomingMessage, name: string): string[] {
  const lines = request.headersDistinct[name.toLowerCase()] ?? [];
  return lines
    .flatMap((line) => line.split(',').map((value) => value.trim()))
    .filter((value) => value !== '');
}

export function asksForWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Negotiates a SPDY subprotocol, the first of the client's that is in `supported`, and upgrades. Undefined when the
 * client was refused.
 */
export function upgradeToSpdy<Protocol extends string>(
  { request, socket, head }: Upgrade,
  supported: readonly Protocol[],
): Protocol | undefined {
  const asked = listHeader(request, protocolVersionHeader);
  if (asked.length === 0) {
    refuseUpgrade(socket, 400, `unable to upgrade: header ${protocolVersionHeader} names no protocol`);
    return undefined;
  }
  const protocol = asked.flatMap((name) => supported.filter((one) => one === name))[0];
  if (protocol === undefined) {
    const message = `unable to upgrade: unable to negotiate protocol: client supports [${asked.join(' ')}], server accepts [${supported.join(' ')}]`;
    const accepted = supported.map((name): [string, string] => ['X-Accepted-Stream-Protocol-Versions', name]);
    refuseUpgrade(socket, 403, message, accepted);
    return undefined;
  }
  if (!request.headers.upgrade?.toLowerCase().includes('spdy/3.1')) {
    refuseUpgrade(socket, 400, 'unable to upgrade: missing upgrade headers in request: want SPDY/3.1');
    return undefined;
  }
  if (head.length > 0) socket.unshift(head);
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    `${protocolVersionHeader}: ${protocol}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return protocol;
}

/**
 * Imports `ws` with fast masking. It uses these two functions of node:http, which future versions of Node.js will have,
 * and otherwise masks octet by octet.
 */
function importWs(): Promise<typeof import('ws')> {
  const http: { websocketMask?: unknown; websocketUnmask?: unknown } & object =
    process.getBuiltinModule('http');
  http.websocketMask ??= (source: Buffer, mask: Buffer, output: Buffer, offset: number, length: number) => {
    output.set(source.subarray(0, length), offset);
    applyMask(output.subarray(offset, offset + length), mask);
  };
  http.websocketUnmask ??= applyMask;
  return import('ws');
}

/** Maximum size of a message; clients send 32 KiB. */
const maxMessage = 4 * 1024 * 1024;
/** Maximum number of frames in a message: each takes memory, however short. Clients send one. */
const maxFragments = 1024;

/**
 * Negotiates a WebSocket subprotocol, the first of the client's that is in `supported`, and upgrades. It is empty for a
 * client that requests none. Undefined when the client was refused.
 */
export async function upgradeToWebSocket<Protocol extends string>(
  { request, socket, head }: Upgrade,
  supported: readonly Protocol[],
): Promise<{ webSocket: WebSocket; protocol: Protocol | '' } | undefined> {
  const asked = listHeader(request, 'Sec-WebSocket-Protocol');
  const protocol =
    asked.length === 0 ? '' : asked.flatMap((name) => supported.filter((one) => one === name))[0];
  if (protocol === undefined) {
    const message = `requested protocol(s) are not supported: [${asked.join(' ')}]; supports [${supported.join(' ')}]`;
    refuseUpgrade(socket, 403, message);
    return undefined;
  }
  const { WebSocketServer } = await importWs();
  if (socket.destroyed) return undefined;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessage,
    maxFragments,
  });
  // `ws` accepts only tokens as subprotocols, and SPDY/3.1+portforward.k8s.io is not a token.
  delete request.headers['sec-websocket-protocol'];
  if (protocol !== '') server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  const { promise, resolve } = Promise.withResolvers<
    { webSocket: WebSocket; protocol: Protocol | '' } | undefined
  >();
  socket.once('close', () => resolve(undefined));
  server.on('wsClientError', (error) => refuseUpgrade(socket, 400, error.message));
  // Pause until the caller has added listeners, as the promise resolves asynchronously.
  server.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.pause();
    webSocket.on('error', () => {});
    resolve({ webSocket, protocol });
  });
  return promise;
}
