// Sends the request of an httpGet hook. Any answer will do, whatever its status: the hook tells the container something.
import type { IncomingMessage } from 'node:http';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../klog/klog.ts';
import { followRedirects, startGet } from '../prober/http-get.ts';
import { type HttpRequest, requestUrl } from '../prober/http-request.ts';
import { networkError } from '../prober/network-error.ts';

const log = createLogger('http-hook.ts');

const maxBodyBytes = 10 * 1024;

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
  await followRedirects(request, (each) => get(each, signal));
}

/** One request. Reads at most maxBodyBytes of the answer, so that the server sees its answer taken. */
async function get(
  request: HttpRequest,
  signal: AbortSignal,
): Promise<{ status: number; location: string | undefined }> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = startGet(request, { signal });
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

/** An error with the text of Go's HTTP client, by which people search. */
function asGoTells(request: HttpRequest, error: unknown): Error {
  return new Error(`Get ${JSON.stringify(requestUrl(request))}: ${networkError(error, request)}`, {
    cause: error,
  });
}
