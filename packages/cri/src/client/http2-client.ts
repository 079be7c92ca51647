// A gRPC client for a process that makes one or two calls and exits (crictl). @grpc/grpc-js and the node:http2 below
// it take longer to load than such a process runs otherwise, in Bun and in Node.js (see bench/RESULTS.md). The part of
// HTTP/2 that gRPC needs on a Unix socket is in http2/.

import { maxTimerMs } from '@berth/common/max-timer.ts';
import { CriError, type GrpcCodeName, grpcCodeName, maxMessageBytes } from '../errors/cri-error.ts';
import { Connection } from '../http2/connection.ts';
import { errorCode } from '../http2/frames.ts';
import type { CriClient } from './client.ts';
import {
  cancelledError,
  deadlineError,
  dialError,
  prefaceError,
  prefaceProblems,
} from './connection-errors.ts';
import { parseEndpoint } from './endpoint.ts';
import { MessageReader } from './message-reader.ts';
import { type CallOptions, criClient, type Target, type Transport } from './transport.ts';

/**
 * As connectCri of client.ts: connects with the first call, and again with the next call after the connection ended.
 * Calls throw CriError.
 *
 * @example
 * import { serveCri } from '@berth/cri/server/server.ts';
 *
 * const listImages = async () => ({ images: [{ id: 'sha256:1', repoTags: ['docker.io/library/app:1'] }] });
 * const server = await serveCri({ socketPath: 'cri.sock', runtime: {}, image: { listImages } });
 * const client = connectCriLight(`unix://${process.cwd()}/cri.sock`);
 * const { images } = await client.image.listImages({});
 * assert.deepEqual(images[0]?.repoTags, ['docker.io/library/app:1']);
 * client.close();
 * await server.close();
 */
export function connectCriLight(
  endpoint: string,
  options: { timeoutMs?: number | undefined } = {},
): CriClient {
  return criClient(new Http2Transport(parseEndpoint(endpoint)), options.timeoutMs);
}

class Http2Transport implements Transport {
  readonly #socketPath: string;
  #connection: Connection | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async unary(target: Target, request: Buffer, options: CallOptions): Promise<Uint8Array> {
    let answer: Uint8Array | undefined;
    for await (const message of this.serverStream(target, request, options)) {
      if (answer !== undefined)
        throw new CriError('INTERNAL', 'the server answered with more than one message', { rpc: target.rpc });
      answer = message;
    }
    if (answer !== undefined) return answer;
    throw new CriError('INTERNAL', 'the server answered without a message', { rpc: target.rpc });
  }

  async *serverStream({ path, rpc }: Target, request: Buffer, options: CallOptions) {
    const { timeoutMs, signal } = options;
    if (signal?.aborted) throw cancelledError(rpc);
    if (request.length > maxMessageBytes) {
      const sizes = `(${request.length} vs. ${maxMessageBytes})`;
      throw new CriError('RESOURCE_EXHAUSTED', `trying to send message larger than max ${sizes}`, { rpc });
    }
    const connection = this.#connect();
    const call = new Call(rpc, this.#socketPath);
    const id = connection.request(headersOf(path, options), framed(request), call);
    const cancel = () => call.fail(cancelledError(rpc));
    signal?.addEventListener('abort', cancel, { once: true });
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(
            () => call.fail(deadlineError(!connection.isReady, rpc)),
            Math.min(timeoutMs, maxTimerMs),
          );
    try {
      for (;;) {
        const message = await call.next();
        if (message === undefined) return;
        connection.consumed(id, message.length + prefixLength);
        yield message;
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      connection.cancel(id);
    }
  }

  close(): void {
    this.#connection?.close();
  }

  #connect(): Connection {
    if (this.#connection?.isOpen !== true) this.#connection = new Connection(this.#socketPath);
    return this.#connection;
  }
}

/** The prefix of each gRPC message: one octet for the compression, four for its length. */
const prefixLength = 5;

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(prefixLength);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function headersOf(path: string, { timeoutMs, headers }: CallOptions): Record<string, string> {
  return {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    'user-agent': 'berth-crictl',
    te: 'trailers',
    ...headers,
    // At most eight digits; the client's own timer enforces the deadline.
    ...(timeoutMs !== undefined && { 'grpc-timeout': `${Math.min(Math.ceil(timeoutMs), 99_999_999)}m` }),
  };
}

/** One call: collects the messages and the status of its stream. */
class Call {
  readonly #rpc: string;
  readonly #socketPath: string;
  readonly #reader = new MessageReader(maxMessageBytes);
  readonly #messages: Buffer[] = [];
  #httpStatus: string | undefined;
  #outcome: 'ok' | CriError | undefined;
  #wake: (() => void) | undefined;

  constructor(rpc: string, socketPath: string) {
    this.#rpc = rpc;
    this.#socketPath = socketPath;
  }

  /** The next message, undefined after the last one. Throws the CriError that the call failed with. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#outcome === 'ok') return undefined;
      if (this.#outcome !== undefined) throw this.#outcome;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  fail(error: CriError): void {
    this.#finish(error);
  }

  headers(headers: ReadonlyMap<string, string>, isEnd: boolean): void {
    this.#httpStatus ??= headers.get(':status');
    const status = headers.get('grpc-status');
    if (status !== undefined) {
      const code = grpcCodeName(Number(status));
      this.#finish(
        code === 'OK' ? 'ok' : this.#error(code, decodeDetails(headers.get('grpc-message') ?? '')),
      );
    } else if (isEnd || this.#httpStatus !== '200') {
      const code = codesOfHttp[this.#httpStatus ?? ''] ?? 'UNKNOWN';
      this.#finish(
        this.#error(code, `unexpected HTTP status code received from server: ${this.#httpStatus}`),
      );
    }
  }

  data(octets: Buffer): void {
    try {
      this.#messages.push(...this.#reader.read(octets));
      this.#wake?.();
    } catch (error) {
      this.#finish(error instanceof CriError ? error : this.#error('INTERNAL', String(error)));
    }
  }

  end(): void {
    this.#finish(this.#error('INTERNAL', 'server closed the stream without sending trailers'));
  }

  reset(code: number): void {
    const name = codesOfResets[code] ?? 'INTERNAL';
    const details = `stream terminated by RST_STREAM with error code: ${code}`;
    this.#finish(name === 'CANCELLED' ? cancelledError(this.#rpc) : this.#error(name, details));
  }

  lost(reason: Error, wasReady: boolean): void {
    this.#finish(this.#lossError(reason, wasReady));
  }

  #lossError(reason: Error, wasReady: boolean): CriError {
    if (wasReady) return this.#error('UNAVAILABLE', `error reading from server: ${describeLoss(reason)}`);
    const isDial = 'syscall' in reason && reason.syscall === 'connect' && 'code' in reason;
    if (isDial) return dialError(this.#socketPath, String(reason.code), this.#rpc);
    const problem = reason.message === 'Protocol error' ? prefaceProblems.notHttp2 : prefaceProblems.closed;
    return prefaceError(this.#socketPath, problem, this.#rpc);
  }

  #error(code: GrpcCodeName, details: string): CriError {
    return new CriError(code, details, { rpc: this.#rpc });
  }

  #finish(outcome: 'ok' | CriError): void {
    this.#outcome ??= outcome;
    this.#wake?.();
  }
}

const describeLoss = (reason: Error) => ('code' in reason ? String(reason.code) : 'EOF');

/** gRPC codes of HTTP status codes without grpc-status (gRPC's http-grpc-status-mapping.md). */
const codesOfHttp: Readonly<Record<string, GrpcCodeName>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/** gRPC codes of RST_STREAM error codes (gRPC's PROTOCOL-HTTP2.md). */
const codesOfResets: Readonly<Record<number, GrpcCodeName>> = {
  [errorCode.refusedStream]: 'UNAVAILABLE',
  [errorCode.cancel]: 'CANCELLED',
};

/** Pure: decodes `grpc-message`, percent-encoded UTF-8; an invalid escape is kept as it is. */
function decodeDetails(text: string): string {
  const bytes = Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString('utf8');
}
