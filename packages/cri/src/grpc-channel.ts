// gRPC calls over node:http2 on a Unix socket. A client of our own because loading @grpc/grpc-js takes
// 30 ms, as long as all the rest of a `crictl ps`; a server needs more, and keeps grpc-js (server.ts).
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { createConnection } from 'node:net';
import { CriError, grpcCodeName } from './errors.ts';
import { decodeDetails, FrameReader, frameMessage, maxMessageBytes, timeoutHeader } from './grpc-frames.ts';

export interface CallOptions {
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED; without it the channel's default. */
  timeoutMs?: number | undefined;
  /** Cancels the call, which then fails with CANCELLED. */
  signal?: AbortSignal | undefined;
}

/** One connection to a gRPC server, made when first needed and again after it broke. */
export class GrpcChannel {
  readonly #socketPath: string;
  #session: ClientHttp2Session | undefined;
  #calls = 0;
  #closed = false;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /**
   * Sends `request` to `path` (`/package.Service/Method`) and yields the bytes of each response message.
   * Throws CriError with the status that the server gave, UNAVAILABLE when it cannot be reached.
   */
  async *call(
    path: string,
    request: Uint8Array,
    options: CallOptions,
  ): AsyncGenerator<Buffer, void, undefined> {
    const rpc = path.slice(path.lastIndexOf('/') + 1);
    const { timeoutMs, signal } = options;
    if (signal?.aborted) throw new CriError('CANCELLED', 'context canceled', { rpc });
    if (request.length > maxMessageBytes) {
      const sizes = `${request.length} vs. ${maxMessageBytes}`;
      throw new CriError('RESOURCE_EXHAUSTED', `trying to send message larger than max (${sizes})`, { rpc });
    }
    const session = this.#connected(rpc);
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': path,
        ':scheme': 'http',
        ':authority': 'localhost',
        'content-type': 'application/grpc',
        'user-agent': 'berth',
        te: 'trailers',
        ...(timeoutMs !== undefined && { 'grpc-timeout': timeoutHeader(timeoutMs) }),
      },
      { endStream: false },
    );
    const outcome = new CallOutcome(stream, rpc, this.#socketPath);
    const cancel = () => outcome.fail(new CriError('CANCELLED', 'context canceled', { rpc }));
    signal?.addEventListener('abort', cancel, { once: true });
    const expire = () =>
      outcome.fail(new CriError('DEADLINE_EXCEEDED', 'context deadline exceeded', { rpc }));
    const deadline =
      timeoutMs === undefined ? undefined : setTimeout(expire, Math.min(timeoutMs, 2 ** 31 - 1));
    this.#calls += 1;
    session.ref();
    try {
      stream.end(frameMessage(request));
      const frames = new FrameReader();
      try {
        for await (const chunk of stream) {
          for (const message of frames.push(chunk)) yield message;
        }
      } catch (error) {
        if (error instanceof CriError) throw new CriError(error.code, error.message, { rpc });
        const failure = outcome.error(error);
        if (failure) throw failure;
      }
      const ended = outcome.error(undefined);
      if (ended) throw ended;
      if (!frames.isEmpty) throw new CriError('INTERNAL', 'the response ends within a message', { rpc });
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', cancel);
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
      this.#calls -= 1;
      if (this.#calls === 0) session.unref();
    }
  }

  /** Ends the connection; calls in flight fail, later ones too. */
  close(): void {
    this.#closed = true;
    this.#session?.destroy();
    this.#session = undefined;
  }

  #connected(rpc: string): ClientHttp2Session {
    if (this.#closed) throw new CriError('CANCELLED', 'the client is closed', { rpc });
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect('http://localhost', {
      createConnection: () => createConnection(this.#socketPath),
      settings: { enablePush: false, initialWindowSize: 1024 * 1024 },
    });
    this.#session = session;
    const forget = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on('goaway', forget);
    session.on('close', forget);
    // Every call in flight hears of it through its own stream.
    session.on('error', forget);
    return session;
  }
}

/** How one call ended, put together from headers, trailers, resets and our own cancelling. */
class CallOutcome {
  readonly #stream: ClientHttp2Stream;
  readonly #rpc: string;
  readonly #socketPath: string;
  #failure: CriError | undefined;
  #responded = false;
  #headers: IncomingHttpHeaders = {};

  constructor(stream: ClientHttp2Stream, rpc: string, socketPath: string) {
    this.#stream = stream;
    this.#rpc = rpc;
    this.#socketPath = socketPath;
    stream.on('response', (headers) => {
      this.#responded = true;
      this.#headers = headers;
    });
    stream.on('trailers', (headers) => {
      this.#headers = { ...this.#headers, ...headers };
    });
    // The error itself arrives through the stream's iterator.
    stream.on('error', () => {});
  }

  /** Ends the call for a reason of ours. */
  fail(error: CriError): void {
    if (this.#headers['grpc-status'] !== undefined) return;
    this.#failure ??= error;
    this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#stream.destroy();
  }

  /** The error that the call ended with, or undefined when it succeeded; `cause` is what the stream threw. */
  error(cause: unknown): CriError | undefined {
    if (this.#failure) return this.#failure;
    const rpc = this.#rpc;
    const status = this.#headers['grpc-status'];
    if (status !== undefined) {
      if (Number(status) === 0) return undefined;
      const details = this.#headers['grpc-message'];
      return new CriError(
        grpcCodeName(Number(status)),
        typeof details === 'string' ? decodeDetails(details) : '',
        {
          rpc,
        },
      );
    }
    if (this.#responded) {
      const http = this.#headers[':status'];
      if (Number(http) !== 200) {
        return new CriError('UNIMPLEMENTED', `${this.#socketPath} answers HTTP ${http}: it speaks no gRPC`, {
          rpc,
        });
      }
    }
    // A stream says that it was cancelled; why is in its cause.
    const origin = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    if (origin instanceof Error && 'syscall' in origin && origin.syscall === 'connect') {
      return new CriError('UNAVAILABLE', dialMessage(this.#socketPath, origin), { rpc, cause });
    }
    const reason = origin instanceof Error ? origin.message : 'the connection ended before the answer';
    return new CriError('UNAVAILABLE', `${this.#socketPath}: ${reason}`, { rpc, cause });
  }
}

/** Worded as Go's gRPC does, because people and scripts look for these words. */
function dialMessage(socketPath: string, error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const words: Record<string, string> = {
    ENOENT: 'no such file or directory',
    ECONNREFUSED: 'connection refused',
    EACCES: 'permission denied',
    ENOTSOCK: 'socket operation on non-socket',
  };
  const reason = words[code] ?? error.message;
  return `connection error: desc = "transport: Error while dialing: dial unix ${socketPath}: connect: ${reason}"`;
}
