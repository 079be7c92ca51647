// Passes a request for an upgraded connection on to the streaming server of the runtime, and copies octets after that.
import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { respond } from './respond.ts';
import type { RouteTarget } from './routes.ts';

/** An upgraded connection to a server. */
export interface Upstream {
  socket: Duplex & { setTimeout?: (ms: number, onTimeout: () => void) => unknown };
  /** The header of its 101. */
  header: string;
}

/** How a server answered that did not upgrade. */
export interface PlainAnswer {
  status: number;
  body: Buffer;
  /** Undefined where the server told none. */
  contentType: string | undefined;
}

/** Time for a server to upgrade. */
const connectMs = 30_000;
const maxBody = 64 * 1024;
/** Headers of a connection, and the credentials for this server, are not for the next one. */
const ownHeaders = new Set([
  'host',
  'authorization',
  'transfer-encoding',
  'content-length',
  'x-forwarded-for',
]);

/**
 * Asks a server for an upgrade as the client has asked this one, with changed headers where given.
 * @throws when it cannot be reached
 */
export async function dialUpstream(
  url: URL,
  request: IncomingMessage,
  changes: { method?: string; headers?: Readonly<Record<string, string | string[] | undefined>> } = {},
): Promise<Upstream | PlainAnswer> {
  const passed = Object.entries(request.headersDistinct).filter(([name]) => !ownHeaders.has(name));
  const before = request.headersDistinct['x-forwarded-for'] ?? [];
  const headers = Object.fromEntries(
    Object.entries({
      ...Object.fromEntries(passed),
      'content-length': '0',
      'x-forwarded-for': [...before, request.socket.remoteAddress ?? ''].join(', '),
      ...changes.headers,
    }).filter(([, value]) => value !== undefined),
  );
  const { promise, resolve, reject } = Promise.withResolvers<Upstream | PlainAnswer>();
  const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: changes.method ?? request.method ?? 'GET',
    headers,
    agent: false,
  });
  const giveUp = (): void => void outgoing.destroy(new Error(`${url.host} does not answer`));
  const timer = setTimeout(giveUp, connectMs);
  request.socket.once('close', giveUp);
  outgoing.on('error', reject);
  outgoing.on('response', (response) => void plainAnswer(response).then(resolve, reject));
  outgoing.on('upgrade', ({ rawHeaders }, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    resolve({ socket, header: headerOf(rawHeaders) });
  });
  outgoing.end();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    request.socket.off('close', giveUp);
  }
}

async function plainAnswer(response: IncomingMessage): Promise<PlainAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBody) break;
  }
  return {
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks),
    contentType: response.headers['content-type'],
  };
}

function headerOf(rawHeaders: readonly string[]): string {
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Passes on what a server answered in place of an upgrade. */
export function passAnswer(response: ServerResponse, { status, body, contentType }: PlainAnswer): void {
  if (status < 400) throw new Error(`invalid upgrade response: status code ${status}`);
  respond(response, status, body, contentType === undefined ? {} : { 'content-type': contentType });
}

/** Takes the connection from its response, so that the caller may write to it. */
export function hijack(
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: NonNullable<RouteTarget['upgrade']>,
): Duplex {
  response.detachSocket(request.socket);
  request.socket.setTimeout(0);
  if (upgrade.head.length > 0) upgrade.socket.unshift(upgrade.head);
  return upgrade.socket;
}

/** Copies in both directions until one has ended, or both are silent for `idleTimeoutMs`; closes both sides. */
export async function join(
  client: Duplex,
  upstream: Upstream['socket'],
  idleTimeoutMs: number,
): Promise<void> {
  upstream.setTimeout?.(idleTimeoutMs, () => upstream.destroy());
  try {
    await Promise.race([pipeline(client, upstream), pipeline(upstream, client)]);
  } catch {
    // One side was cut off, and so is the other.
  } finally {
    client.destroy();
    upstream.destroy();
  }
}
