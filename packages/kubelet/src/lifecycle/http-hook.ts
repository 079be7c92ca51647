// Sends the request of an httpGet hook. Any answer will do, whatever its status: the hook tells the container something.
import { type IncomingMessage, request as startRequest } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../klog/klog.ts';
import { type HttpRequest, redirectedRequest, requestUrl } from '../prober/http-request.ts';

const log = createLogger('http-hook.ts');

const maxRedirects = 10;
const maxBodyBytes = 10 * 1024;
const maxHeaderBytes = 1024 * 1024;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends the request and follows redirects on the same host. Sends it by HTTP when a server answers a TLS handshake in
 * HTTP, and tells by what it was sent. Throws when no answer comes; waits for one until `signal` fires.
 */
export async function httpHook(
  request: HttpRequest,
  signal: AbortSignal,
): Promise<{ sentBy: HttpRequest['scheme'] }> {
  try {
    await follow(request, signal);
    return { sentBy: request.scheme };
  } catch (error) {
    if (request.scheme !== 'https' || !isAnswerInHttp(error)) throw asGoTells(request, error);
    log.v(1, 'HTTPS request to lifecycle hook got HTTP response, retrying with HTTP.', {
      host: request.host,
      err: error,
    });
    const plain: HttpRequest = { ...request, scheme: 'http', headers: withoutCredentials(request.headers) };
    await follow(plain, signal).catch(() => {
      throw new Error(
        `Get ${JSON.stringify(requestUrl(request))}: http: server gave HTTP response to HTTPS client`,
        { cause: error },
      );
    });
    return { sentBy: plain.scheme };
  }
}

async function follow(request: HttpRequest, signal: AbortSignal): Promise<void> {
  let current = request;
  for (let followed = 0; ; followed++) {
    const { status, location } = await get(current, signal);
    const next =
      redirects.has(status) && location !== undefined ? redirectedRequest(current, location) : undefined;
    if (!next) return;
    if (followed + 1 >= maxRedirects) throw new Error(`stopped after ${maxRedirects} redirects`);
    current = next;
  }
}

function connect({ scheme, host, port }: HttpRequest): Socket {
  if (scheme === 'http') return connectTcp({ host, port });
  // A container's certificate is rarely one for its address.
  const servername = isIP(host) ? '' : host;
  return connectTls({ host, port, servername, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
}

/** One request. Reads at most maxBodyBytes of the answer, so that the server sees its answer taken. */
async function get(
  request: HttpRequest,
  signal: AbortSignal,
): Promise<{ status: number; location: string | undefined }> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = startRequest({
    method: 'GET',
    path: request.path,
    headers: request.headers,
    createConnection: () => connect(request),
    setHost: false,
    maxHeaderSize: maxHeaderBytes,
    insecureHTTPParser: true,
    signal,
  });
  sent.on('response', resolve);
  sent.on('upgrade', resolve);
  sent.on('error', reject);
  sent.end();
  try {
    const response = await promise;
    const { statusCode: status = 0, headers } = response;
    await discardBody(response).catch(() => {});
    return { status, location: headers.location };
  } finally {
    sent.destroy();
  }
}

async function discardBody(response: IncomingMessage): Promise<void> {
  if (Number(response.headers['content-length'] ?? 0) > maxBodyBytes) return;
  let left = maxBodyBytes;
  for await (const chunk of response) {
    left -= (chunk as Buffer).length;
    if (left <= 0) return;
  }
}

/** Whether a TLS handshake failed because the server speaks HTTP: OpenSSL takes that for a record of another version. */
function isAnswerInHttp(error: unknown): boolean {
  if (hasCode(error, 'ERR_SSL_WRONG_VERSION_NUMBER')) return true;
  return hasCode(error, 'EPROTO') && messageOf(error).includes(':wrong version number:');
}

function withoutCredentials(headers: readonly string[]): string[] {
  return headers.filter((_, index) => headers[index - (index % 2)] !== 'Authorization');
}

const goTexts: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network is unreachable'],
  ['ETIMEDOUT', 'connection timed out'],
]);

/** An error with the text of Go's HTTP client, by which people search. */
function asGoTells(request: HttpRequest, error: unknown): Error {
  const { host, port } = request;
  const [, text] = [...goTexts].find(([code]) => hasCode(error, code)) ?? [];
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const detail = text === undefined ? messageOf(error) : `dial tcp ${address}: connect: ${text}`;
  return new Error(`Get ${JSON.stringify(requestUrl(request))}: ${detail}`, { cause: error });
}
