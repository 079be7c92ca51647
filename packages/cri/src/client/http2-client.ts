// The client of a process that makes a call or two and ends. @grpc/grpc-js, and node:http2 below it, take longer
// to load than such a process lives otherwise, in Bun as in Node.js (see bench/RESULTS.md): what gRPC needs of
// HTTP/2 on a Unix socket is in http2/.

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
 * As connectCri of client.ts, to the same effect: connects with the first call, and again with the next one
 * after the connection ended. Calls throw CriError.
 */
export function connectShortly(
  endpoint: string,
  options: { timeoutMs?: number | undefined } = {},
): CriClient {
  return criClient(new OwnTransport(parseEndpoint(endpoint)), options.timeoutMs);
}

class OwnTransport implements Transport {
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
        : setTimeout(() => call.fail(deadlineError(!connection.isReady, rpc)), timeoutMs);
    try {
      for (;;) {
        const message = await call.next();
        if (message === undefined) return;
        connection.taken(id, message.length + prefixLength);
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

/** Before each message: whether it is compressed, and its length. */
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
    // At most eight digits; the timer on this side is what counts.
    ...(timeoutMs !== undefined && { 'grpc-timeout': `${Math.min(Math.ceil(timeoutMs), 99_999_999)}m` }),
  };
}

/** One call: hears of its stream, and hands the messages on. */
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

  /** The next message, undefined after the last; throws what the call failed with. */
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
    this.#settle(error);
  }

  headers(headers: ReadonlyMap<string, string>, isEnd: boolean): void {
    this.#httpStatus ??= headers.get(':status');
    const status = headers.get('grpc-status');
    if (status !== undefined) {
      const code = grpcCodeName(Number(status));
      this.#settle(
        code === 'OK' ? 'ok' : this.#error(code, decodeDetails(headers.get('grpc-message') ?? '')),
      );
    } else if (isEnd || this.#httpStatus !== '200') {
      const code = codesOfHttp[this.#httpStatus ?? ''] ?? 'UNKNOWN';
      this.#settle(
        this.#error(code, `unexpected HTTP status code received from server: ${this.#httpStatus}`),
      );
    }
  }

  data(octets: Buffer): void {
    try {
      this.#messages.push(...this.#reader.read(octets));
      this.#wake?.();
    } catch (error) {
      this.#settle(error instanceof CriError ? error : this.#error('INTERNAL', String(error)));
    }
  }

  end(): void {
    this.#settle(this.#error('INTERNAL', 'server closed the stream without sending trailers'));
  }

  reset(code: number): void {
    const name = codesOfResets[code] ?? 'INTERNAL';
    const details = `stream terminated by RST_STREAM with error code: ${code}`;
    this.#settle(name === 'CANCELLED' ? cancelledError(this.#rpc) : this.#error(name, details));
  }

  lost(reason: Error, wasReady: boolean): void {
    this.#settle(this.#lossError(reason, wasReady));
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

  #settle(outcome: 'ok' | CriError): void {
    this.#outcome ??= outcome;
    this.#wake?.();
  }
}

const describeLoss = (reason: Error) => ('code' in reason ? String(reason.code) : 'EOF');

/** What a server means that answers with HTTP alone (gRPC's http-grpc-status-mapping.md). */
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

/** What a server means that gives a stream up (gRPC's PROTOCOL-HTTP2.md). */
const codesOfResets: Readonly<Record<number, GrpcCodeName>> = {
  [errorCode.refusedStream]: 'UNAVAILABLE',
  [errorCode.cancel]: 'CANCELLED',
};

/** Pure: `grpc-message` is UTF-8 with percent signs for what a header cannot hold; what is no such is kept. */
function decodeDetails(text: string): string {
  const bytes = Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString('utf8');
}
