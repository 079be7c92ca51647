import { readFile } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { RegistryError } from './errors.ts';
import type { TlsFiles } from './hosts.ts';

/** One HTTP request without redirects and retries. */
export interface HttpRequest {
  url: URL;
  method: 'GET' | 'POST';
  headers: Record<string, string | string[]>;
  body?: string;
  tls: TlsFiles;
  signal: AbortSignal | undefined;
}

/** Milliseconds without a byte from the other side, connecting included, until a request is given up. */
const idleTimeout = 30_000;

/**
 * Connections of one pull: kept open between its requests, and closed with it, so that a daemon at rest holds none.
 */
export class HttpClient {
  private readonly agents = new Map<string, Promise<http.Agent>>();

  /** Sends a request and resolves with the response once its headers are there. The caller must consume or destroy it. */
  async send(request: HttpRequest): Promise<IncomingMessage> {
    const { url, method, headers, body, signal } = request;
    const agent = await this.agent(url.protocol, request.tls);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const transport = url.protocol === 'https:' ? https : http;
    const sent = transport.request(url, {
      method,
      headers,
      agent,
      timeout: idleTimeout,
      ...(signal && { signal }),
    });
    const giveUp = () =>
      sent.destroy(new ConnectionError('ETIMEDOUT', `no answer for ${idleTimeout / 1000} s`));
    sent.on('timeout', giveUp);
    sent.on('response', resolve);
    sent.on('error', (error) => reject(signal?.aborted ? signal.reason : connectionError(error, url)));
    sent.end(body);
    return promise;
  }

  /** Closes idle connections. */
  async close(): Promise<void> {
    for (const agent of this.agents.values())
      await agent.then(
        (it) => it.destroy(),
        () => {},
      );
  }

  private agent(protocol: string, files: TlsFiles): Promise<http.Agent> {
    const key = protocol === 'https:' ? JSON.stringify(files) : 'http';
    let agent = this.agents.get(key);
    if (!agent) {
      agent = protocol === 'https:' ? tlsAgent(files) : Promise.resolve(new http.Agent({ keepAlive: true }));
      this.agents.set(key, agent);
    }
    return agent;
  }
}

async function tlsAgent({ ca, client, skipVerify }: TlsFiles): Promise<https.Agent> {
  const read = async (path: string) =>
    readFile(path, 'utf8').catch((cause) => {
      throw new RegistryError('refused', `cannot read certificate ${path}: ${cause.message}`, { cause });
    });
  const own = await Promise.all(ca.map(read));
  return new https.Agent({
    keepAlive: true,
    ca: [...systemRoots(), ...own],
    cert: await Promise.all(client.map(({ cert }) => read(cert))),
    key: await Promise.all(client.map(({ cert, key }) => read(key ?? cert))),
    rejectUnauthorized: !skipVerify,
  });
}

/** The host's trusted roots, as other container tools use; Node's own when the host has none. */
function systemRoots(): string[] {
  const system = tls.getCACertificates('system');
  return system.length > 0 ? system : tls.getCACertificates('bundled');
}

/** The connection failed, as opposed to the server answering with an error. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** Node's error code, as ECONNREFUSED. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same request may well succeed a moment later. */
  get isTransient(): boolean {
    return transientCodes.includes(this.code);
  }
}

const transientCodes = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNABORTED'];

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

/** Says where a connection failed, with host and port. */
export function connectionError(error: Error, url: URL): ConnectionError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const reason =
    error instanceof ConnectionError ? error.message : (explanations[code] ?? error.message ?? code);
  return new ConnectionError(code, `${url.hostname}:${port}: ${reason}`, { cause: error });
}

/** What went wrong while a response was read: a broken connection as a ConnectionError, anything else as it is. */
export function bodyError(error: unknown, url: URL): unknown {
  const isBroken = error instanceof Error && 'code' in error && transientCodes.includes(String(error.code));
  return isBroken && !(error instanceof ConnectionError) ? connectionError(error, url) : error;
}
