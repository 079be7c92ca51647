// The GET requests of httpGet probes and hooks, as Go's HTTP client sends them: their connection and their redirects.
import { type ClientRequest, request as startRequest } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type HttpRequest, redirectedRequest } from './http-request.ts';

const maxRedirects = 10;
const maxHeaderBytes = 1024 * 1024;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What decides whether a request is redirected. */
interface Redirectable {
  status: number;
  location: string | undefined;
}

/** Starts the request on a connection of its own, with any certificate. Throws for a request that cannot be sent. */
export function startGet(request: HttpRequest, { signal }: { signal?: AbortSignal } = {}): ClientRequest {
  return startRequest({
    method: 'GET',
    path: request.path,
    headers: request.headers,
    createConnection: () => connect(request),
    setHost: false,
    maxHeaderSize: maxHeaderBytes,
    // As lenient as Go: the connection ends with this answer, so that nothing can hide behind it.
    insecureHTTPParser: true,
    ...(signal && { signal }),
  });
}

/** The answer to the request after redirects on the same host; `get` sends one request. */
export async function followRedirects<Answer extends Redirectable>(
  request: HttpRequest,
  get: (request: HttpRequest) => Promise<Answer>,
): Promise<Answer> {
  let current = request;
  for (let followed = 0; ; followed++) {
    const answer = await get(current);
    const { status, location } = answer;
    const next = redirects.has(status) && location ? redirectedRequest(current, location) : undefined;
    if (!next) return answer;
    if (followed + 1 >= maxRedirects) throw new Error(`stopped after ${maxRedirects} redirects`);
    current = next;
  }
}

function connect({ scheme, host, port }: HttpRequest): Socket {
  if (scheme === 'http') return connectTcp({ host, port });
  // Probes check that something answers, not who: a container's certificate is rarely one for its address.
  const servername = isIP(host) ? '' : host;
  return connectTls({ host, port, servername, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
}
