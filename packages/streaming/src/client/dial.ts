// Connects to a streaming URL and upgrades to SPDY or a WebSocket, as kubectl and crictl do.
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { protocolVersionHeader } from '../protocol/remote-command.ts';
import { SpdyConnection, type SpdyConnectionOptions } from '../spdy/connection.ts';
import { ClientSocket } from '../websocket/client-socket.ts';

/** The parameters of a connection. */
export interface DialOptions {
  /** The URL of the runtime, `http:` or `https:`. */
  url: string;
  /**
   * PEM. The server's certificate is verified with `ca` (default: Node's CAs) for `serverName` (default: the URL's
   * host), unless `insecure`.
   */
  tls?: { ca?: string; cert?: string; key?: string; serverName?: string; insecure?: boolean };
  /** Further request headers. */
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The server did not upgrade the connection; `status` is the HTTP status of its response. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const maxErrorBody = 8192;
/** Interval of PINGs, as in client-go, to keep the connection alive through proxies. */
const pingIntervalMs = 5_000;

/** The response of a server that does not upgrade. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.length > maxErrorBody) break;
  }
  return text.trim().slice(0, maxErrorBody);
}

async function tlsOptions({ url, tls = {} }: DialOptions): Promise<ConnectionOptions> {
  if (!url.startsWith('https:')) return {};
  const { ca, cert, key, serverName, insecure = false } = tls;
  const common = { ca, cert, key, rejectUnauthorized: !insecure };
  if (serverName === undefined) return common;
  const { checkServerIdentity } = await import('node:tls');
  return {
    ...common,
    // SNI allows no IP addresses.
    servername: isIP(serverName) === 0 ? serverName : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  };
}

/** Connects and upgrades the connection; `refused` makes the error for a response without an upgrade. */
async function upgrade(
  options: DialOptions,
  request: { method: 'GET' | 'POST'; headers: OutgoingHttpHeaders },
  refused: (response: IncomingMessage, body: string) => string,
): Promise<{ socket: Duplex; headers: IncomingHttpHeaders }> {
  const url = new URL(options.url);
  const http = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  const { promise, resolve, reject } = Promise.withResolvers<{
    socket: Duplex;
    headers: IncomingHttpHeaders;
  }>();
  const outgoing = http.request(url, {
    method: request.method,
    headers: { ...options.headers, Connection: 'Upgrade', ...request.headers },
    agent: false,
    ...(options.signal !== undefined && { signal: options.signal }),
    ...(await tlsOptions(options)),
  });
  // Node.js replaces the reason of an aborted request by its own error.
  outgoing.on('error', (error) => reject(options.signal?.aborted ? options.signal.reason : error));
  outgoing.on('response', (response) => {
    const refuse = (body: string) =>
      reject(new UpgradeError(response.statusCode ?? 0, refused(response, body)));
    bodyOf(response).then(refuse, reject);
  });
  outgoing.on('upgrade', (response, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    socket.setNoDelay(true);
    resolve({ socket, headers: response.headers });
  });
  outgoing.end();
  return await promise;
}

/** Connects and upgrades to SPDY/3.1; the server chooses one of `protocols`. */
export async function dialSpdy(
  options: DialOptions,
  protocols: readonly string[],
  connection: Omit<SpdyConnectionOptions, 'role'> = {},
): Promise<{ connection: SpdyConnection; protocol: string }> {
  const { socket, headers } = await upgrade(
    options,
    {
      method: 'POST',
      headers: {
        Upgrade: 'SPDY/3.1',
        [protocolVersionHeader]: [...protocols],
        'Content-Length': '0',
      },
    },
    (_response, body) => `unable to upgrade connection: ${body || 'empty server response'}`,
  );
  // A server without a protocol header uses the first, unversioned protocol.
  const answered = headers[protocolVersionHeader.toLowerCase()];
  return {
    connection: new SpdyConnection(socket, { pingIntervalMs, ...connection, role: 'client' }),
    protocol: typeof answered === 'string' ? answered : '',
  };
}

/** The GUID of RFC 6455 for Sec-WebSocket-Accept. */
const acceptGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Connects and upgrades to a WebSocket. It is paused: resume it after adding listeners. The server chooses one of
 * `protocols`, or none (the empty string).
 */
export async function dialWebSocket(
  options: DialOptions,
  protocols: readonly string[],
): Promise<{ socket: ClientSocket; protocol: string }> {
  const key = randomBytes(16).toString('base64');
  const { socket, headers } = await upgrade(
    options,
    {
      method: 'GET',
      headers: {
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Protocol': protocols.join(', '),
      },
    },
    ({ statusCode, statusMessage }, body) =>
      `unable to upgrade streaming request: websocket: bad handshake (${statusCode} ${statusMessage})` +
      (body === '' ? '' : `: ${body}`),
  );
  const protocol = headers['sec-websocket-protocol'] ?? '';
  const accept = createHash('sha1').update(`${key}${acceptGuid}`).digest('base64');
  const problem =
    headers['sec-websocket-accept'] !== accept
      ? 'the server did not accept the WebSocket'
      : headers['sec-websocket-extensions'] !== undefined
        ? 'the server chose an extension, none of which was asked for'
        : protocol !== '' && !protocols.includes(protocol)
          ? `the server chose the protocol ${protocol}, which was not asked for`
          : undefined;
  if (problem !== undefined) {
    socket.destroy();
    throw new UpgradeError(101, problem);
  }
  return { socket: new ClientSocket(socket), protocol };
}
