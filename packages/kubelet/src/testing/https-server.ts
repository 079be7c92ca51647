// A server of HTTP/2 and HTTP/1.1 with TLS on a loopback port, in the place of an API server.
import { once } from 'node:events';
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ApiAccess, ApiUser } from '../apiserver/kubeconfig/api-access.ts';
import type { TestAuthority } from './certificates.ts';

/** What a test makes of a request. */
export type Answer = (request: SeenRequest, response: Http2ServerResponse) => void;

/** A request with its body. */
export interface SeenRequest {
  method: string;
  /** With the query. */
  url: string;
  headers: Http2ServerRequest['headers'];
  body: string;
  httpVersion: string;
  /** The common name of the client's certificate. */
  client: string | undefined;
  socket: Socket;
}

/** A running server. */
export class HttpsServer implements AsyncDisposable {
  /** Every request so far. */
  readonly requests: SeenRequest[] = [];
  /** Every connection that is open. */
  readonly sockets = new Set<Socket>();
  /** How many there have been. */
  connections = 0;
  readonly #server: http2.Http2SecureServer;
  readonly #authority: TestAuthority;

  private constructor(authority: TestAuthority, answer: Answer, options: http2.SecureServerOptions) {
    this.#authority = authority;
    const pair = authority.sign('server');
    this.#server = http2.createSecureServer(
      { ...pair, allowHTTP1: true, ...options },
      (request, response) => {
        void this.#serve(request, response, answer);
      },
    );
    this.#server.on('secureConnection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => {}).once('close', () => this.sockets.delete(socket));
    });
    this.#server.on('sessionError', () => {});
  }

  /** Starts a server whose certificate the authority signs; with its certificate as `ca` it asks for those of clients. */
  static async start(
    authority: TestAuthority,
    answer: Answer,
    options: http2.SecureServerOptions = {},
  ): Promise<HttpsServer> {
    const server = new HttpsServer(authority, answer, options);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    const { port }: AddressInfo = this.#server.address() as AddressInfo;
    return port;
  }

  /** What a kubeconfig would say of it. */
  access(user: ApiUser = {}): ApiAccess {
    return {
      server: new URL(`https://127.0.0.1:${this.port}`),
      insecureSkipTlsVerify: false,
      certificateAuthority: { pem: this.#authority.cert },
      user,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async #serve(request: Http2ServerRequest, response: Http2ServerResponse, answer: Answer): Promise<void> {
    const { method = '', url = '', headers, httpVersion } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { socket } = request.stream?.session ?? request;
    const seen: SeenRequest = {
      method,
      url,
      headers,
      httpVersion,
      body: Buffer.concat(chunks).toString(),
      client: clientOf(socket),
      socket,
    };
    this.requests.push(seen);
    answer(seen, response);
  }
}

function clientOf(socket: unknown): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject } = socket.getPeerCertificate();
  return subject === undefined ? undefined : String(subject.CN);
}

/** Answers with JSON. */
export function json(response: Http2ServerResponse, body: unknown, code = 200, headers = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
