// Connections of HTTP/1.1, one for each request under way, for servers and load balancers without HTTP/2.
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { hasCode } from '@berth/common/error-code.ts';
import { asError } from '@berth/common/error-message.ts';
import { ConnectionError } from '@berth/http/connection-error.ts';
import { type HttpConnection, type HttpRequest, type HttpResponse, UnprocessedError } from './exchange.ts';

/** As client-go: idle connections that are kept, and how long. */
const maxIdle = 25;
const idleMs = 90_000;

/** A pool of connections. Sockets come from `connect`, the first of them may be given. */
export class Http1Connections implements HttpConnection {
  readonly #agent: http.Agent;
  readonly #server: URL;
  readonly #requests = new Map<ClientRequest, { isLong: boolean; response?: IncomingMessage }>();
  #first: Socket | undefined;
  #isRetired = false;

  constructor(server: URL, connect: () => Promise<Socket>, first?: Socket) {
    this.#server = server;
    this.#first = first;
    const agent = new http.Agent({ keepAlive: true, maxFreeSockets: maxIdle, timeout: idleMs });
    const createConnection = (
      _: unknown,
      callback: (error: Error | null, socket?: Socket) => void,
    ): undefined => {
      const given = this.#first;
      this.#first = undefined;
      const socket = given === undefined || given.destroyed ? connect() : Promise.resolve(given);
      void socket.then(
        (made) => callback(null, made),
        (error) => callback(asError(error)),
      );
    };
    this.#agent = Object.assign(agent, { createConnection });
  }

  isUsable(): boolean {
    return !this.#isRetired;
  }

  hasEnded(): boolean {
    return this.#isRetired;
  }

  async send({ method, path, headers, body, signal, isLong }: HttpRequest): Promise<HttpResponse> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    const request = http.request({
      agent: this.#agent,
      method,
      path,
      signal,
      headers: {
        ...headers,
        host: this.#server.host,
        ...(body && { 'content-length': String(body.length) }),
      },
    });
    this.#requests.set(request, { isLong });
    request.once('close', () => {
      this.#requests.delete(request);
      if (this.#isRetired && this.#requests.size === 0) this.#agent.destroy();
    });
    request.on('error', (error) => {
      // The server closed an idle connection while the request was on its way.
      const isStale = request.reusedSocket && hasCode(error, 'ECONNRESET', 'EPIPE') && method === 'GET';
      if (signal.aborted) reject(signal.reason);
      else reject(isStale ? new UnprocessedError('the connection was closed', { cause: error }) : error);
    });
    request.once('response', (response) => {
      // An error of the body: its reader gets it.
      response.on('error', () => {});
      this.#requests.set(request, { isLong, response });
      const { statusCode: code = 0, headers: answered } = response;
      resolve({ code, headers: answered, body: response, isComplete: () => response.complete });
    });
    request.end(body);
    return await promise;
  }

  retire(): void {
    this.#isRetired = true;
    const error = new ConnectionError('ECONNABORTED', 'the credentials have changed');
    for (const [request, { isLong, response }] of this.#requests)
      if (isLong) (response ?? request).destroy(error);
    if (this.#requests.size === 0) this.#agent.destroy();
    this.#first?.destroy();
  }

  destroy(error: Error): void {
    for (const request of this.#requests.keys()) request.destroy(error);
    this.#agent.destroy();
    this.#first?.destroy();
  }
}
