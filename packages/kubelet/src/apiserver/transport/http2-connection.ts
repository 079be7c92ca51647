// A connection of HTTP/2, which carries many requests at once. A server that is silent too long is given up.
import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { asError } from '@berth/common/error-message.ts';
import { ConnectionError } from '@berth/http/connection-error.ts';
import { type HttpConnection, type HttpRequest, type HttpResponse, UnprocessedError } from './exchange.ts';

/** How much of an answer may be under way, and of all answers together. */
const streamWindow = 1024 * 1024;
const connectionWindow = 4 * 1024 * 1024;

/** As Go's transport in client-go. */
const pingIntervalMs = 30_000;
const pingTimeoutMs = 15_000;
const settingsTimeoutMs = 10_000;

/** Requests at once where the server sets no limit. */
const maxStreams = 1000;

/** Speaks HTTP/2 on a socket that has negotiated it. */
export class Http2Connection implements HttpConnection {
  readonly #session: ClientHttp2Session;
  readonly #authority: string;
  readonly #long = new Set<ClientHttp2Stream>();
  readonly #pings: NodeJS.Timeout;
  #open = 0;
  #isRetired = false;

  private constructor(session: ClientHttp2Session, authority: string) {
    this.#session = session;
    this.#authority = authority;
    this.#pings = setInterval(() => this.#ping(), pingIntervalMs);
    this.#pings.unref();
    session.once('close', () => clearInterval(this.#pings));
    // Each request gets the error by itself.
    session.on('error', () => {});
  }

  /** Resolves when the server has said how many requests it takes at once. */
  static async open(socket: Socket, server: URL): Promise<Http2Connection> {
    const session = http2.connect(server.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindow },
    });
    const deadline = setTimeout(
      () => session.destroy(new ConnectionError('ETIMEDOUT', 'no settings of HTTP/2')),
      settingsTimeoutMs,
    );
    try {
      await once(session, 'remoteSettings');
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      clearTimeout(deadline);
    }
    session.setLocalWindowSize(connectionWindow);
    return new Http2Connection(session, server.host);
  }

  isUsable(): boolean {
    const { maxConcurrentStreams = maxStreams } = this.#session.remoteSettings;
    return !this.hasEnded() && this.#open < Math.min(maxConcurrentStreams, maxStreams);
  }

  hasEnded(): boolean {
    const { closed, destroyed } = this.#session;
    return closed || destroyed || this.#isRetired;
  }

  async send({ method, path, headers, body, signal, isLong }: HttpRequest): Promise<HttpResponse> {
    signal.throwIfAborted();
    const pseudo = { ':method': method, ':path': path, ':authority': this.#authority, ':scheme': 'https' };
    const stream = this.#stream({ ...pseudo, ...headers }, body === undefined);
    this.#open += 1;
    if (isLong) this.#long.add(stream);
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    const abort = (): void => cancel(stream, asError(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
    stream.once('close', () => {
      this.#open -= 1;
      this.#long.delete(stream);
      signal.removeEventListener('abort', abort);
      reject(new ConnectionError('ECONNRESET', 'the server closed the connection before it answered'));
    });
    // Stays for errors after the answer, which its reader gets.
    stream.on('error', (error) => {
      const isRefused = stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM;
      reject(isRefused ? new UnprocessedError('the server refused the stream', { cause: error }) : error);
    });
    stream.once('response', ({ ':status': code = 0, ...others }) =>
      resolve({
        code,
        headers: others,
        body: stream,
        isComplete: () => !stream.aborted && stream.rstCode === 0,
      }),
    );
    if (body !== undefined) stream.end(body);
    return await promise;
  }

  retire(): void {
    this.#isRetired = true;
    const error = new ConnectionError('ECONNABORTED', 'the credentials have changed');
    for (const stream of this.#long) cancel(stream, error);
    this.#session.close();
  }

  destroy(error: Error): void {
    this.#session.destroy(error);
  }

  #stream(headers: http2.OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    try {
      return this.#session.request(headers, { endStream });
    } catch (error) {
      // The session has ended since it was chosen.
      throw new UnprocessedError('the connection was closed', { cause: error });
    }
  }

  #ping(): void {
    const silence = new ConnectionError('ETIMEDOUT', `no answer to a ping for ${pingTimeoutMs / 1000} s`);
    const deadline = setTimeout(() => this.#session.destroy(silence), pingTimeoutMs);
    deadline.unref();
    if (!this.#session.ping(() => clearTimeout(deadline))) clearTimeout(deadline);
  }
}

function cancel(stream: ClientHttp2Stream, error: Error): void {
  // Otherwise the server is told of an internal error.
  stream.close(http2.constants.NGHTTP2_CANCEL);
  stream.destroy(error);
}
