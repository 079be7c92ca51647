// Fetches a manifest by HTTP, as much of it as may be.
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';

/** What a server has answered. */
export type Fetched =
  /** As the last time. */
  { changed: false } | { changed: true; content: Buffer; validators: Validators };

/** What a server recognizes a version of a document by. */
export interface Validators {
  etag?: string;
  lastModified?: string;
}

/** Header lines, by name. */
export type Headers = Readonly<Record<string, readonly string[]>>;

const maxRedirects = 10;
/** Not for another host. */
const credentials = new Set(['authorization', 'cookie', 'www-authenticate']);

/**
 * Fetches a document unless it is as `validators` say. Follows redirects; uses the proxy of the environment and the
 * authorities of the system, as Go's client does.
 * @throws when the answer is no document, is larger than `maxBytes`, or does not come before the signal is aborted
 */
export async function fetchManifest(
  url: string,
  options: { headers: Headers; validators: Validators; maxBytes: number; signal: AbortSignal },
): Promise<Fetched> {
  let target = new URL(url);
  let headers = requestHeaders(options.headers, options.validators);
  for (let redirects = 0; ; redirects++) {
    const response = await get(target, headers, options.signal);
    const { statusCode = 0, headers: answered } = response;
    const location = [301, 302, 303, 307, 308].includes(statusCode) ? answered.location : undefined;
    if (location === undefined) {
      if (statusCode === 304) {
        response.destroy();
        return { changed: false };
      }
      const content = await bodyOf(response, options.maxBytes);
      if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${response.statusMessage}`);
      const { etag, 'last-modified': lastModified } = answered;
      return {
        changed: true,
        content,
        validators: { ...(etag && { etag }), ...(lastModified && { lastModified }) },
      };
    }
    response.destroy();
    if (redirects === maxRedirects) throw new Error(`Get ${url}: stopped after ${maxRedirects} redirects`);
    const next = new URL(location, target);
    if (next.host !== target.host) {
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !credentials.has(name)));
    }
    target = next;
  }
}

function requestHeaders(given: Headers, { etag, lastModified }: Validators): Record<string, string[]> {
  return {
    ...Object.fromEntries(Object.entries(given).map(([name, values]) => [name.toLowerCase(), [...values]])),
    ...(etag && { 'if-none-match': [etag] }),
    ...(lastModified && { 'if-modified-since': [lastModified] }),
  };
}

async function get(
  url: URL,
  headers: Record<string, string[]>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  if (!/^https?:$/.test(url.protocol)) throw new Error(`Get ${url.href}: unsupported protocol scheme`);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const proxyEnv = process.env;
  const isSecure = url.protocol === 'https:';
  const agent = isSecure ? new TlsAgent({ proxyEnv, ca: authorities() }) : new Agent({ proxyEnv });
  const { host, ...others } = headers;
  const options = { agent, signal, headers: { ...others, ...(host && { host: host[0] }) } };
  (isSecure ? requestHttps : requestHttp)(url, options, resolve).on('error', reject).end();
  return await promise;
}

function authorities(): string[] {
  const system = getCACertificates('system');
  return system.length > 0 ? system : getCACertificates('bundled');
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the manifest has more than ${maxBytes} bytes, the limit`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
