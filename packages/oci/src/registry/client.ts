import type { IncomingMessage } from 'node:http';
import { type Access, Authorizer } from './authorizer.ts';
import { RegistryError } from './errors.ts';
import { isLoopback, type RegistryHost } from './hosts.ts';
import { type HttpClient, senderOf } from './http.ts';
import { readBody } from './read-body.ts';
import { retryAfter, TransientError } from './retry.ts';

const maxRedirects = 5;
const maxErrorAnswer = 64 * 1024;

/**
 * The pull side of the OCI distribution spec for one repository on one host: requests with authorization and
 * redirects. It does not try again; failures that may pass are TransientErrors.
 */
export class RepositoryClient {
  readonly host: RegistryHost;
  private readonly repository: string;
  private readonly http: HttpClient;
  private readonly authorizer: Authorizer;

  constructor(access: Access) {
    this.host = access.host;
    this.repository = access.repository;
    this.http = access.http;
    this.authorizer = new Authorizer(access);
  }

  /**
   * GET of `path` below the repository, as `manifests/latest`. Resolves with a 2xx or 416 response, which the
   * caller must consume; anything else is an error.
   */
  async get(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const url = new URL(this.host.url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${this.repository}/${path}`;
    if (this.host.mirrorOf !== undefined) url.searchParams.set('ns', this.host.mirrorOf);
    for (let refusals = 0; ; refusals++) {
      const authorization = await this.authorizer.current();
      const response = await this.follow(url, headers, authorization, signal);
      const status = response.statusCode ?? 0;
      if ((status >= 200 && status < 300) || status === 416) return response;
      const canRenew = status === 401 && refusals === 0;
      const answer = await readBody(response, maxErrorAnswer, `error answer of ${url.host}`);
      if (!canRenew) throw statusError(response, url, answer);
      await this.authorizer.renew(authorization, response, signal);
    }
  }

  private async follow(
    start: URL,
    headers: Record<string, string>,
    authorization: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    let url = start;
    let namedBy: string | undefined;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const isOwn = url.origin === start.origin;
      const response = await this.http.send({
        url,
        method: 'GET',
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
      if (!isRedirect || location === undefined) return response;
      response.resume();
      url = redirectTarget(location, url);
      namedBy = url.host === start.host ? undefined : (senderOf(response) ?? namedBy);
    }
    throw new RegistryError('unavailable', `${start.host}: more than ${maxRedirects} redirects`);
  }
}

function redirectTarget(location: string, from: URL): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isAllowed =
    to?.protocol === 'https:' ||
    (to?.protocol === 'http:' && (from.protocol === 'http:' || isLoopback(to.host)));
  if (!to || !isAllowed)
    throw new RegistryError('refused', `${from.host}: refusing its redirect to ${location}`);
  return to;
}

function statusError(response: IncomingMessage, url: URL, body: Buffer): Error {
  const status = response.statusCode ?? 0;
  const reason = `${url.host}${url.pathname}: ${statusText(response)}${detail(body)}`;
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

/** The message of the first error in the distribution spec's error document, when there is one. */
function detail(body: Buffer): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.){1,300})"/.exec(body.toString())?.[1];
  return message ? ` (${message})` : '';
}
