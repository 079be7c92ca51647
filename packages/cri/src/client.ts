// The CRI as a typed client: `client.runtime.runPodSandbox({ config })`.
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { parseEndpoint } from './endpoint.ts';
import { CriError, grpcCodeName, maxMessageBytes } from './errors.ts';
import {
  type DeepPartial,
  ImageServiceDefinition,
  type MessageFns,
  RuntimeServiceDefinition,
} from './generated/api.ts';
import { ImageProgressDefinition } from './generated/image-progress.ts';

export interface CallOptions {
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED; without it the client's default. */
  timeoutMs?: number | undefined;
  /** Cancels the call, which then fails with CANCELLED. */
  signal?: AbortSignal | undefined;
}

type Call<Method> = Method extends {
  requestType: MessageFns<infer Request>;
  responseType: MessageFns<infer Response>;
  responseStream: infer Streams;
}
  ? Streams extends true
    ? (request: DeepPartial<Request>, options?: CallOptions) => AsyncIterable<Response>
    : (request: DeepPartial<Request>, options?: CallOptions) => Promise<Response>
  : never;

export type RuntimeClient = {
  [Name in keyof RuntimeServiceDefinition['methods']]: Call<RuntimeServiceDefinition['methods'][Name]>;
};

export type ImageClient = {
  [Name in keyof ImageServiceDefinition['methods']]: Call<ImageServiceDefinition['methods'][Name]>;
};

export type ImageProgressClient = {
  [Name in keyof ImageProgressDefinition['methods']]: Call<ImageProgressDefinition['methods'][Name]>;
};

export interface CriClient {
  /** Pods and containers. */
  runtime: RuntimeClient;
  image: ImageClient;
  /** Berth's extension; other runtimes answer UNIMPLEMENTED. */
  imageProgress: ImageProgressClient;
  /** Ends the connection. An idle connection does not keep the process alive. */
  close(): void;
}

/**
 * A client of the CRI server at `endpoint` (`unix:///PATH` or `/PATH`). Connects with the first call, and
 * again with the next one after the server went away. While the server cannot be reached calls fail at
 * once, and it is tried again every 50 to 500 ms. `timeoutMs` is the default deadline of unary calls;
 * streams have none unless given with the call. Calls throw CriError.
 */
export function connectCri(endpoint: string, options: { timeoutMs?: number | undefined } = {}): CriClient {
  const socketPath = parseEndpoint(endpoint);
  const channel = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // A daemon on the same machine is back within a moment of its restart.
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.min_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 500,
    // The authority of a Unix socket is a path otherwise, which Go's servers refuse.
    'grpc.default_authority': 'localhost',
    'grpc.enable_channelz': 0,
    'grpc.service_config_disable_resolution': 1,
  });
  return {
    runtime: service<RuntimeClient>(channel, socketPath, RuntimeServiceDefinition, options.timeoutMs),
    image: service<ImageClient>(channel, socketPath, ImageServiceDefinition, options.timeoutMs),
    imageProgress: service<ImageProgressClient>(
      channel,
      socketPath,
      ImageProgressDefinition,
      options.timeoutMs,
    ),
    close: () => channel.close(),
  };
}

/** The part of a generated method that a call needs, with the message types forgotten. */
interface Method {
  name: string;
  requestType: { fromPartial(partial: object): object; encode(message: never): { finish(): Uint8Array } };
  responseType: { decode(bytes: Uint8Array): object };
  responseStream: boolean;
}

function service<ServiceClient>(
  channel: Client,
  socketPath: string,
  definition: { fullName: string; methods: object },
  defaultTimeoutMs: number | undefined,
): ServiceClient {
  const client: Record<string, unknown> = {};
  for (const [name, method] of Object.entries<Method>({ ...definition.methods })) {
    const path = `/${definition.fullName}/${method.name}`;
    const serialize = (request: object) => {
      // Each codec takes what its own fromPartial makes; the loop over all methods cannot know the type.
      const bytes = method.requestType.encode(method.requestType.fromPartial(request) as never).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    };
    const deserialize = (bytes: Buffer) => method.responseType.decode(bytes);
    const fail = (error: unknown) => criError(error, method.name, socketPath);
    client[name] = method.responseStream
      ? (request: object, options: CallOptions = {}) =>
          stream(
            () => {
              const call = channel.makeServerStreamRequest(
                path,
                serialize,
                deserialize,
                request,
                new Metadata(),
                deadlineOf(options.timeoutMs),
              );
              return call;
            },
            options.signal,
            fail,
          )
      : (request: object, options: CallOptions = {}) =>
          new Promise<object>((resolve, reject) => {
            const { signal } = options;
            if (signal?.aborted) {
              reject(new CriError('CANCELLED', 'context canceled', { rpc: method.name }));
              return;
            }
            const call = channel.makeUnaryRequest(
              path,
              serialize,
              deserialize,
              request,
              new Metadata(),
              deadlineOf(options.timeoutMs ?? defaultTimeoutMs),
              (error, response) => {
                signal?.removeEventListener('abort', cancel);
                if (error) reject(fail(error));
                else if (response) resolve(response);
                else
                  reject(
                    new CriError('INTERNAL', 'the server answered without a message', { rpc: method.name }),
                  );
              },
            );
            const cancel = () => call.cancel();
            signal?.addEventListener('abort', cancel, { once: true });
          });
  }
  return client as ServiceClient;
}

/** The messages of a stream; leaving the loop cancels the call. */
async function* stream(
  start: () => ReturnType<Client['makeServerStreamRequest']>,
  signal: AbortSignal | undefined,
  fail: (error: unknown) => CriError,
): AsyncGenerator<object, void, undefined> {
  if (signal?.aborted) throw fail({ code: status.CANCELLED, details: 'context canceled' });
  const call = start();
  const cancel = () => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    for await (const message of call) yield message;
  } catch (error) {
    throw fail(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
    // After an end by itself this does nothing. The error that cancelling emits has no one left to hear it.
    call.on('error', () => {});
    call.cancel();
  }
}

function deadlineOf(timeoutMs: number | undefined): { deadline?: number } {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

/** Puts what grpc-js throws in the words that Go's gRPC uses, because people and scripts look for them. */
function criError(error: unknown, rpc: string, socketPath: string): CriError {
  if (!isServiceError(error)) return new CriError('UNKNOWN', String(error), { rpc, cause: error });
  const code = grpcCodeName(error.code);
  if (code === 'CANCELLED') return new CriError(code, 'context canceled', { rpc });
  if (code === 'DEADLINE_EXCEEDED') {
    // Without a connection the library is still looking for one to pick.
    const isConnecting = error.details.includes('Waiting for LB pick');
    const until = isConnecting ? ' while waiting for connections to become ready' : '';
    return new CriError(code, `context deadline exceeded${until}`, { rpc });
  }
  const [, errno] = /\bconnect (E[A-Z]+)\b/.exec(error.details) ?? [];
  if (code === 'UNAVAILABLE' && errno !== undefined) {
    const reason = dialErrors[errno] ?? errno;
    return new CriError(
      code,
      `connection error: desc = "transport: Error while dialing: dial unix ${socketPath}: connect: ${reason}"`,
      { rpc },
    );
  }
  const [, problem] = /^No connection established\. Last error: (.*?) \(\d{4}-/.exec(error.details) ?? [];
  if (code === 'UNAVAILABLE' && problem !== undefined) {
    const reason = prefaceErrors[problem] ?? problem;
    return new CriError(
      code,
      `connection error: desc = "error reading server preface: read unix ${socketPath}: ${reason}"`,
      { rpc },
    );
  }
  return new CriError(code, error.details, { rpc });
}

/** What grpc-js says of a socket that somebody listens on who does not speak gRPC. */
const prefaceErrors: Readonly<Record<string, string>> = {
  'Failed to connect': 'the server closed the connection',
  'Protocol error': 'the server does not speak HTTP/2, as gRPC does',
};

const dialErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
  ENOTSOCK: 'socket operation on non-socket',
};

function isServiceError(error: unknown): error is Pick<ServiceError, 'code' | 'details'> {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'number' &&
    'details' in error &&
    typeof error.details === 'string'
  );
}
