// The streaming server of berthd: hands out one-time URLs, and routes their upgrade requests to the protocols.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { joinHostPort } from '@berth/common/host-port.ts';
import { type GuardedConnections, guard } from '@berth/http/guard.ts';
import { listen } from '@berth/http/listen.ts';
import type { PortForwarder } from './port-forward.ts';
import type { AskedStreams, RemoteCommandConnection } from './remote-command.ts';
import { RequestCache, StreamingRequestError } from './request-cache.ts';
import type {
  AttachUrlRequest,
  ExecUrlRequest,
  PortForwardUrlRequest,
  StreamingServerOptions,
  StreamingTls,
} from './streaming-runtime.ts';
import { asksForWebSocket, refuseUpgrade, type Upgrade, upgradeToSpdy } from './upgrade.ts';

const defaultMaxSessions = 1000;
/** Maximum size of the command lines of pending requests. One call may have 16 MiB. */
const maxWaitingBytes = 64 * 1024 * 1024;

type Request =
  | { kind: 'exec'; request: ExecUrlRequest }
  | { kind: 'attach'; request: AttachUrlRequest }
  | { kind: 'portforward'; request: PortForwardUrlRequest };

/**
 * Serves exec, attach and port-forward to clients with a URL from this server: by SPDY/3.1, as crictl, the kubelet and
 * the API server use it, and by the WebSocket protocols. Refuses the same requests as the kubelet's streaming library,
 * by errors whose `criCode` is the gRPC code.
 *
 * @example
 * import { PassThrough } from 'node:stream';
 * import { text } from 'node:stream/consumers';
 * import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
 *
 * const unsupported = async () => {
 *   throw new Error('not supported');
 * };
 * const server = await StreamingServer.start({
 *   runtime: {
 *     exec: async ({ cmd }, { stdout }) => {
 *       stdout?.write(`ran ${cmd.join(' ')}`);
 *       return { exitCode: 3 };
 *     },
 *     attach: unsupported,
 *     portForward: unsupported,
 *   },
 * });
 * // The answer to an Exec call: a URL that is valid once.
 * const asked = { tty: false, stdin: false, stdout: true, stderr: true };
 * const url = server.execUrl({ containerId: 'web', cmd: ['id', '-u'], ...asked });
 *
 * const [stdout, stderr] = [new PassThrough(), new PassThrough()];
 * const { exitCode } = await remoteCommand({ url, tty: false, stdout, stderr });
 * stdout.end();
 * assert.deepEqual([exitCode, await text(stdout)], [3, 'ran id -u']);
 * await server.close();
 */
export class StreamingServer {
  /** Its base URL, such as `http://127.0.0.1:12345`. */
  readonly url: string;
  readonly #server: Server | TlsServer;
  readonly #options: StreamingServerOptions;
  readonly #timeouts: { creationTimeoutMs: number; idleTimeoutMs: number };
  readonly #requests: RequestCache<Request>;
  readonly #sockets = new Set<Socket>();
  /** Connections without a session. */
  readonly #waiting: GuardedConnections;
  #sessions = 0;

  private constructor(server: Server | TlsServer, options: StreamingServerOptions, address: AddressInfo) {
    this.#server = server;
    this.#options = options;
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    this.url = `${options.tls === undefined ? 'http' : 'https'}://${host}:${address.port}`;
    this.#timeouts = {
      creationTimeoutMs: options.creationTimeoutMs ?? 30_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 4 * 60 * 60 * 1000,
    };
    this.#requests = new RequestCache({
      ttlMs: options.tokenTtlMs ?? 60_000,
      max: options.maxTokens ?? 1000,
      maxBytes: maxWaitingBytes,
    });
    this.#waiting = guard(server, {
      maxConnections: options.maxWaiting ?? 1000,
      ...(options.headersTimeoutMs !== undefined && { headersTimeoutMs: options.headersTimeoutMs }),
    });
    server.on('upgrade', (request, socket, head) => void this.#upgrade({ request, socket, head }));
    server.on('request', (request, response) => {
      const found = this.#consume(request) !== undefined;
      response.writeHead(found ? 400 : 404, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(
        found ? 'unable to upgrade: missing upgrade headers in request\n' : '404 page not found\n',
      );
    });
    server.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Listens; resolves when clients can connect. */
  static async start(options: StreamingServerOptions): Promise<StreamingServer> {
    const { tls } = options;
    const server =
      tls === undefined
        ? createServer()
        : createTlsServer({ ...tls, ...(tls.ca !== undefined && { requestCert: true }) });
    await listen(server, { port: options.port ?? 0, host: options.address ?? '127.0.0.1' }, (error) =>
      options.log?.(`streaming server: ${error.message}`),
    );
    const address = server.address();
    if (address === null || typeof address === 'string')
      throw new Error('streaming server has no TCP address');
    return new StreamingServer(server, options, address);
  }

  /**
   * Sets the certificate for new connections; existing ones keep theirs.
   * @throws for an invalid certificate or key, or when they do not match; keeps the present ones then
   */
  renewTls({ cert, key, ca }: StreamingTls): void {
    if (isTls(this.#server)) this.#server.setSecureContext({ cert, key, ...(ca !== undefined && { ca }) });
  }

  /** A one-time URL for an exec, which expires. */
  execUrl(request: ExecUrlRequest): string {
    validate(request);
    return this.#urlFor({ kind: 'exec', request });
  }

  attachUrl(request: AttachUrlRequest): string {
    validate(request);
    return this.#urlFor({ kind: 'attach', request });
  }

  portForwardUrl(request: PortForwardUrlRequest): string {
    if (request.podSandboxId === '')
      throw new StreamingRequestError('INVALID_ARGUMENT', 'missing required pod_sandbox_id');
    const wrong = request.ports.find((port) => !Number.isInteger(port) || port < 1 || port > 65535);
    if (wrong !== undefined)
      throw new StreamingRequestError('INVALID_ARGUMENT', `port ${wrong} is not between 1 and 65535`);
    return this.#urlFor({ kind: 'portforward', request });
  }

  /** Stops listening and closes all sessions. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #urlFor(request: Request): string {
    const words = request.kind === 'exec' ? request.request.cmd : [];
    const bytes = words.reduce((sum, word) => sum + 2 * word.length, 0);
    return `${this.url}/${request.kind}/${this.#requests.insert(request, bytes)}`;
  }

  /** Takes the request of the token in an HTTP request's URL. */
  #consume(http: IncomingMessage): Request | undefined {
    if (http.method !== 'GET' && http.method !== 'POST') return undefined;
    const match = /^\/(exec|attach|portforward)\/([\w-]+)(\?.*)?$/.exec(http.url ?? '');
    const found = match?.[2] === undefined ? undefined : this.#requests.consume(match[2]);
    return found?.kind === match?.[1] ? found : undefined;
  }

  /** Never rejects: errors of a client affect only its connection. */
  async #upgrade(upgrade: Upgrade): Promise<void> {
    const { request, socket } = upgrade;
    socket.on('error', () => {});
    if (socket.destroyed) return;
    const found = this.#consume(request);
    if (found === undefined) {
      refuseUpgrade(socket, 404, '404 page not found');
      return;
    }
    const { maxSessions = defaultMaxSessions } = this.#options;
    if (this.#sessions >= maxSessions) {
      this.#log(`${found.kind} from ${peerOf(request)} refused: ${maxSessions} sessions are open already`);
      refuseUpgrade(socket, 503, 'too many sessions are open; try again later');
      return;
    }
    this.#waiting.release(request.socket);
    this.#sessions++;
    socket.once('close', () => this.#sessions--);
    try {
      await this.#serve(found, upgrade);
    } catch (error) {
      this.#log(`${found.kind}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
      socket.destroy();
    }
  }

  async #serve(found: Request, upgrade: Upgrade): Promise<void> {
    const remote = peerOf(upgrade.request);
    if (found.kind === 'portforward') {
      await this.#servePortForward(found.request, upgrade, remote);
      return;
    }
    const connection = await this.#accept(found.request, upgrade);
    if (connection === undefined) {
      this.#log(`${found.kind} from ${remote}: the client opened no session`);
      return;
    }
    const { runtime } = this.#options;
    const { serveRemoteCommand } = await import('./remote-command.ts');
    const doing = found.kind === 'exec' ? 'executing command in' : 'attaching to';
    const outcome = await serveRemoteCommand(connection, remote, doing, async (streams) => {
      const { containerId, tty } = found.request;
      if (found.kind === 'exec') return runtime.exec({ containerId, cmd: found.request.cmd, tty }, streams);
      await runtime.attach({ containerId, tty }, streams);
      return { exitCode: 0 };
    });
    if ('error' in outcome) this.#log(`${found.kind} from ${remote} failed: ${outcome.error}`);
  }

  async #accept(asked: AskedStreams, upgrade: Upgrade): Promise<RemoteCommandConnection | undefined> {
    if (asksForWebSocket(upgrade.request)) {
      const { acceptWebSocketCommand } = await import('./remote-command-websocket.ts');
      return acceptWebSocketCommand(upgrade, asked, this.#timeouts);
    }
    const { acceptSpdyCommand } = await import('./remote-command-spdy.ts');
    const remote = peerOf(upgrade.request);
    const log = (line: string): void => this.#log(`${remote}: ${line}`);
    return acceptSpdyCommand(upgrade, asked, { ...this.#timeouts, log });
  }

  async #servePortForward(request: PortForwardUrlRequest, upgrade: Upgrade, remote: string): Promise<void> {
    const { runtime } = this.#options;
    const log = (line: string): void => this.#log(line);
    const forwarder: PortForwarder = { ...request, runtime, log, remote };
    if (asksForWebSocket(upgrade.request)) {
      const { serveWebSocketPortForward } = await import('./port-forward-websocket.ts');
      await serveWebSocketPortForward(upgrade, forwarder, this.#timeouts);
      return;
    }
    const { portForwardProtocol, serveSpdyPortForward } = await import('./port-forward-spdy.ts');
    if (upgradeToSpdy(upgrade, [portForwardProtocol]) === undefined) return;
    await serveSpdyPortForward(upgrade.socket, forwarder, this.#timeouts);
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }
}

function isTls(server: Server | TlsServer): server is TlsServer {
  return 'setSecureContext' in server;
}

function validate(request: AttachUrlRequest): void {
  const refuse = (message: string): never => {
    throw new StreamingRequestError('INVALID_ARGUMENT', message);
  };
  if (request.containerId === '') refuse('missing required container_id');
  if (request.tty && request.stderr) refuse('tty and stderr cannot both be true');
  if (!request.stdin && !request.stdout && !request.stderr)
    refuse('one of stdin, stdout, or stderr must be set');
}

function peerOf(request: IncomingMessage): string {
  const { remoteAddress = '', remotePort = 0 } = request.socket;
  return joinHostPort(remoteAddress, remotePort);
}
