// One repository on one host: authorization, redirects, the fallback to plain HTTP, and the errors of HTTP statuses.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { printable } from '@berth/common/printable.ts';
import { ConnectionError } from '@berth/http/connection-error.ts';
import { type Access, Authorizer } from './auth/authorizer.ts';
import { isLoopback, type RegistryHost } from './hosts/host.ts';
import { RegistryError } from './http/errors.ts';
import { type HttpClient, senderOf } from './http/http.ts';
import { readBody } from './http/read-body.ts';
import { retryAfter, TransientError } from './http/retry.ts';
import { urlWithoutSecrets } from './http/url-without-secrets.ts';

/** The limit of Go's HTTP client. */
const maxRedirects = 9;
const maxErrorAnswer = 64 * 1024;

/**
 * The pull API of the OCI distribution spec for one repository on one host, with authorization and redirects. Does not
 * retry: failures that may be temporary are TransientErrors.
 */
export class RepositoryClient {
  readonly host: RegistryHost;
  readonly #repository: string;
  readonly #http: HttpClient;
  readonly #authorizer: Authorizer;
  /** Whether the host did not speak TLS. */
  #isPlain = false;

  constructor(access: Access) {
    this.host = access.host;
    this.#repository = access.repository;
    this.#http = access.http;
    this.#authorizer = new Authorizer(access);
  }

  /**
   * GET of `path` below the repository, as `manifests/latest`. Resolves with a 2xx or 416 response, which the
   * caller must consume; anything else is an error.
   */
  get(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    return this.#request('GET', path, headers, signal);
  }

  /** The headers of a HEAD of `path`, with the errors of a GET. */
  async head(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingHttpHeaders> {
    const response = await this.#request('HEAD', path, headers, signal);
    response.resume();
    return response.headers;
  }

  async #request(
    method: 'GET' | 'HEAD',
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const url = new URL(this.host.url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${this.#repository}/${path}`;
    if (this.host.mirrorOf !== undefined) url.searchParams.set('ns', this.host.mirrorOf);
    if (this.#isPlain) url.protocol = 'http:';
    for (let refusals = 0; ; refusals++) {
      const authorization = await this.#authorizer.current();
      const attempt = { method, url, headers, authorization, signal };
      const { response, from } = await this.#follow(attempt).catch((error) => {
        if (this.#isPlain || !this.host.mayBePlain || !isNoTls(error)) throw error;
        this.#isPlain = true;
        url.protocol = 'http:';
        return this.#follow(attempt);
      });
      const status = response.statusCode ?? 0;
      if ((status >= 200 && status < 300) || status === 416) return response;
      // The target of a redirect must not choose a server for the registry's credentials (CVE-2020-15157).
      const canRenew = status === 401 && refusals === 0 && from === undefined;
      const answer = await readBody(response, maxErrorAnswer, `error answer of ${from ?? url.host}`);
      if (!canRenew) throw statusError(response, { url, from, body: answer });
      await this.#authorizer.renew(authorization, response, signal);
    }
  }

  /**
   * Sends a request and follows redirects. `from` is the host that responded, if not the registry. The first redirect
   * to another origin drops the registry's headers, such as credentials; a redirect back does not restore them.
   */
  async #follow({
    method,
    url: start,
    headers,
    authorization,
    signal,
  }: Attempt): Promise<{ response: IncomingMessage; from: string | undefined }> {
    let url = start;
    let isOwn = true;
    let namedBy: string | undefined;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const response = await this.#http.send({
        url,
        method,
        headers: {
          'user-agent': 'berth',
          ...headers,
          ...(isOwn && this.host.headers),
          ...(isOwn && authorization !== undefined && { authorization }),
        },
        tls: isOwn
          ? this.host.tls
          : { ca: this.host.tls.ca, client: [], skipVerify: this.host.tls.skipVerify },
        signal,
        namedBy,
        dialTimeout: this.host.dialTimeout,
      });
      const { location } = response.headers;
      const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0);
      if (!isRedirect || location === undefined) return { response, from: isOwn ? undefined : url.host };
      response.resume();
      url = redirectTarget(location, url);
      isOwn &&= url.origin === start.origin;
      namedBy = url.host === start.host ? undefined : senderOf(response);
    }
    throw new RegistryError('unavailable', `${start.host}: more than ${maxRedirects} redirects`);
  }
}

/** Whether the server did not answer the TLS handshake with TLS. */
function isNoTls(error: unknown): boolean {
  const codes = ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'];
  return error instanceof ConnectionError && codes.includes(error.code);
}

/** One request, before redirects. */
interface Attempt {
  method: 'GET' | 'HEAD';
  url: URL;
  headers: Record<string, string>;
  authorization: string | undefined;
  signal: AbortSignal | undefined;
}

function redirectTarget(location: string, from: URL): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isAllowed =
    to?.protocol === 'https:' ||
    (to?.protocol === 'http:' && (from.protocol === 'http:' || isLoopback(to.host)));
  if (!to || !isAllowed)
    throw new RegistryError(
      'refused',
      `${from.host}: refusing its redirect to ${urlWithoutSecrets(location)}`,
    );
  // Drop credentials in the URL of a redirect.
  to.username = '';
  to.password = '';
  return to;
}

function statusError(
  response: IncomingMessage,
  { url, from, body }: { url: URL; from: string | undefined; body: Buffer },
): Error {
  const status = response.statusCode ?? 0;
  const place = `${url.host}${url.pathname}${from === undefined ? '' : `, redirected to ${from}`}`;
  const reason = `${place}: ${printable(statusText(response), 200)}${detail(body)}`;
  if (status === 401 || status === 403) return new RegistryError('unauthorized', reason);
  if (status === 404) return new RegistryError('not-found', reason);
  if (status === 429) {
    const after = retryAfter(response.headers['retry-after'], Date.now());
    return new TransientError(new RegistryError('too-many-requests', reason), after);
  }
  const error = new RegistryError('unavailable', reason);
  return status >= 500 || status === 408 ? new TransientError(error) : error;
}

const words: Record<number, string> = {
  401: 'unauthorized',
  403: 'forbidden: access denied',
  404: 'not found',
  429: 'too many requests',
};

function statusText({ statusCode = 0, statusMessage = '' }: IncomingMessage): string {
  return words[statusCode] ?? `unexpected status ${statusCode} ${statusMessage}`.trimEnd();
}

/** The message of the first error in an error response of the distribution spec, if any. */
function detail(body: Buffer): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.){1,300})"/.exec(body.toString())?.[1];
  return message ? ` (${printable(message)})` : '';
}
