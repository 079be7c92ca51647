// Sends single HTTP requests for pulls: timeouts, slow servers, TLS files, proxies, and DNS answers refused for SSRF.
import { type LookupAddress, lookup as resolveName } from 'node:dns';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { printable } from '@berth/common/printable.ts';
import { ConnectionError, transientCodes } from '@berth/http/connection-error.ts';
import { type ProxyChoice, proxiesOf } from '@berth/http/proxy/proxy.ts';
import { proxyAuthorization, takesWholeUrls, trustedRoots } from '@berth/http/proxy/tunnel.ts';
import type { TlsFiles } from '../hosts/host.ts';
import { literalAddress, mayLeadTo } from './addresses.ts';
import { RegistryError } from './errors.ts';
import { proxyAgent } from './proxy-agent.ts';

/** One HTTP request, without redirects and retries. */
export interface HttpRequest {
  url: URL;
  method: 'GET' | 'HEAD' | 'POST';
  headers: Record<string, string | string[]>;
  body?: string;
  tls: TlsFiles;
  signal: AbortSignal | undefined;
  /** Timeout of connecting in milliseconds; by default the idle timeout. */
  dialTimeout?: number | undefined;
  /** IP address of the server that sent this URL (a redirect or token server); see mayLeadTo. */
  namedBy?: string | undefined;
}

/** Timeouts in milliseconds. */
export interface Timeouts {
  /** Time without a byte from the server, including connecting. */
  idle: number;
  /** Time from sending a request to the end of the response's headers. */
  headers: number;
  /** The window over which the rate of a body is measured: see `slowest`. */
  window: number;
}

const defaultTimeouts: Timeouts = { idle: 30_000, headers: 120_000, window: 60_000 };

/** Maximum size of response headers. Some gateways send more than Node.js's default of 16 KiB. */
const maxHeaderSize = 256 * 1024;

/** Minimum average rate of a body in bytes per second over a window, including its framing. */
const slowest = 1024;

/**
 * The HTTP client of one pull. Keeps connections open between requests and closes them with the pull, so that an idle
 * daemon has none. Uses the proxies of the environment.
 */
export class HttpClient {
  readonly #agents = new Map<string, Promise<http.Agent>>();
  readonly #timeouts: Timeouts;
  readonly #proxyFor: ProxyChoice;

  constructor(timeouts: Partial<Timeouts> = {}, proxyFor = proxiesOf(process.env)) {
    this.#proxyFor = proxyFor;
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
  }

  /** Sends a request; resolves with the response after its headers. The caller must consume or destroy it. */
  async send(request: HttpRequest): Promise<IncomingMessage> {
    const { url, method, headers, body, signal, namedBy, dialTimeout } = request;
    const timeouts = this.#timeouts;
    const address = literalAddress(url);
    if (namedBy && address && !mayLeadTo(namedBy, address)) throw refusal(url, address, namedBy);
    const proxy = this.#proxyFor(url);
    const whole = proxy && wholeUrl(url, proxy);
    const agent = await this.#agent(request, proxy);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const transport = url.protocol === 'https:' ? https : http;
    const sent = transport.request(url, {
      method,
      headers: { ...headers, ...whole?.headers },
      agent,
      timeout: timeouts.idle,
      maxHeaderSize,
      ...whole?.request,
      ...(namedBy && !proxy && { lookup: lookupFor(url, namedBy) }),
      ...(signal && { signal }),
    });
    const giveUp = (milliseconds: number, what = 'no answer') =>
      sent.destroy(new ConnectionError('ETIMEDOUT', `${what} for ${milliseconds / 1000} s`));
    const deadline = setTimeout(giveUp, timeouts.headers, timeouts.headers);
    if (dialTimeout !== undefined) limitDial(sent, dialTimeout);
    sent.on('timeout', () => giveUp(timeouts.idle));
    // The address of a server behind a proxy is unknown: it counts as public.
    const peer = proxy ? () => 'unknown' : peerOf(sent);
    sent.on('response', (response) => {
      clearTimeout(deadline);
      senders.set(response, peer());
      limitSlowness(response, timeouts.window, () =>
        response.destroy(
          new ConnectionError('ETIMEDOUT', `less than ${slowest} bytes/s for ${timeouts.window / 1000} s`),
        ),
      );
      resolve(response);
    });
    sent.on('close', () => clearTimeout(deadline));
    sent.on('error', (error) => reject(signal?.aborted ? signal.reason : connectionError(error, url)));
    sent.end(body);
    return promise;
  }

  /** Closes idle connections. */
  async close(): Promise<void> {
    for (const agent of this.#agents.values())
      await agent.then(
        (it) => it.destroy(),
        () => {},
      );
  }

  /**
   * URLs that a server sent (`namedBy`) have agents of their own: the address of an open connection to a configured
   * host was not checked by mayLeadTo.
   */
  #agent(
    { url: { protocol }, tls: files, namedBy, dialTimeout = this.#timeouts.idle }: HttpRequest,
    proxy: URL | undefined,
  ): Promise<http.Agent> {
    const key = JSON.stringify([protocol, protocol === 'https:' && files, namedBy, proxy?.href, dialTimeout]);
    let agent = this.#agents.get(key);
    if (!agent) {
      agent = makeAgent(protocol, files, proxy, dialTimeout);
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

async function makeAgent(
  protocol: string,
  files: TlsFiles,
  proxy: URL | undefined,
  timeout: number,
): Promise<http.Agent> {
  const options = { keepAlive: true, ...(protocol === 'https:' && (await tlsOptions(files))) };
  if (proxy) return proxyAgent(proxy, protocol, options, timeout);
  return protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
}

/** The options of a plain HTTP request through an HTTP proxy: the absolute URL, and the credentials of the proxy. */
function wholeUrl(url: URL, proxy: URL) {
  if (url.protocol === 'https:' || !takesWholeUrls(proxy)) return undefined;
  const authorization = proxyAuthorization(proxy);
  const path = `${url.origin}${url.pathname}${url.search}`;
  return {
    request: { path },
    headers: authorization === undefined ? {} : { 'proxy-authorization': authorization },
  };
}

const senders = new WeakMap<IncomingMessage, string>();

/** IP address of the server of a response, or `unknown`. */
export function senderOf(response: IncomingMessage): string {
  return senders.get(response) ?? 'unknown';
}

/** The remote address of a request. Read when the socket connects, as a closed socket has none. */
function peerOf(sent: http.ClientRequest): () => string {
  let address: string | undefined;
  sent.once('socket', (socket) => {
    const look = () => {
      address = socket.remoteAddress;
    };
    if (socket.connecting) socket.once('connect', look);
    else look();
  });
  return () => address ?? 'unknown';
}

function limitDial(sent: http.ClientRequest, milliseconds: number): void {
  sent.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => {
      sent.destroy(new ConnectionError('ETIMEDOUT', `no connection within ${milliseconds / 1000} s`));
    }, milliseconds);
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  });
}

/** Calls `giveUp` when a body is too slow: a server can defeat an idle timeout by sending single bytes. */
function limitSlowness(response: IncomingMessage, window: number, giveUp: () => void): void {
  let before = response.socket.bytesRead;
  const timer = setInterval(() => {
    const now = response.socket.bytesRead;
    // The client does not read: do not blame the server.
    if (response.readableLength === 0 && now - before < (slowest * window) / 1000) giveUp();
    before = now;
  }, window).unref();
  response.once('close', () => clearInterval(timer));
}

/** Resolves a host that a server directed the client to, and refuses addresses that mayLeadTo does not allow. */
function lookupFor(url: URL, namedBy: string): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      const denied = addresses?.find(({ address }) => !mayLeadTo(namedBy, address));
      const [first] = addresses ?? [];
      if (error) callback(error, []);
      else if (denied || !first) callback(refusal(url, denied?.address ?? hostname, namedBy), []);
      else if (options.all) callback(null, addresses satisfies LookupAddress[]);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(url: URL, address: string, namedBy: string): RegistryError {
  return new RegistryError(
    'refused',
    `refusing to go on to ${url.host} (${address}), where the server at ${namedBy} leads: that is an address of this machine or its network`,
  );
}

/** Maximum size of a CA bundle; that of all public CAs has some hundred KiB. */
const maxCertificateBytes = 16 * 1024 * 1024;

async function tlsOptions({ ca, client, skipVerify }: TlsFiles): Promise<https.AgentOptions> {
  const read = async (path: string) =>
    readRegularFile(path, { maxBytes: maxCertificateBytes }).catch((cause) => {
      throw new RegistryError('refused', `cannot read certificate ${path}: ${cause.message}`, { cause });
    });
  const own = await Promise.all(ca.map(read));
  return {
    ca: [...trustedRoots(), ...own],
    cert: await Promise.all(client.map(({ cert }) => read(cert))),
    key: await Promise.all(client.map(({ cert, key }) => read(key ?? cert))),
    rejectUnauthorized: !skipVerify,
  };
}

/** Readable reasons of connection errors by Node's code. */
const explanations: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'temporary failure in name resolution',
  ETIMEDOUT: 'connection timed out',
  EPROTO: 'the server does not speak TLS; for plain http give its address as http://… in hosts.toml',
};

/** Describes a failed connection, with host and port. */
export function connectionError(error: Error, url: URL): ConnectionError | RegistryError {
  if (error instanceof RegistryError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const reason =
    error instanceof ConnectionError ? error.message : (explanations[code] ?? printable(error.message, 300));
  return new ConnectionError(code, `${url.hostname}:${port}: ${reason}`, { cause: error });
}

/** The error of reading a response: a ConnectionError for a broken connection, otherwise the error itself. */
export function bodyError(error: unknown, url: URL): unknown {
  const isBroken = error instanceof Error && 'code' in error && transientCodes.includes(String(error.code));
  return isBroken && !(error instanceof ConnectionError) ? connectionError(error, url) : error;
}
