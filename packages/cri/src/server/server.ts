// Serves the CRI by gRPC on a Unix socket, and plain HTTP/1 on the same socket.
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { guard } from '@berth/http/guard.ts';
import type { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  Server as GrpcServer,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  ServerCredentials,
} from '@grpc/grpc-js';
import { CriError, type GrpcCodeName, grpcCodes, maxMessageBytes, statusOf } from '../errors/cri-error.ts';
import {
  type DeepPartial,
  ImageServiceDefinition,
  type MessageFns,
  RuntimeServiceDefinition,
} from '../generated/api.ts';
import { ImageProgressDefinition } from '../generated/image-progress.ts';
import { PodStartsDefinition } from '../generated/pod-starts.ts';
import { decodeBounded, decoded } from './bounded-reader.ts';
import { detectProtocol, listenOnSocket, type SocketOptions } from './socket.ts';

export interface CallContext {
  /** Aborted when the client cancels or disconnects, or its deadline passes. */
  signal: AbortSignal;
  /** The client process, as described by `describePeer`; `unknown` without it. */
  peer: string;
}

type Handler<Method> = Method extends {
  requestType: MessageFns<infer Request>;
  responseType: MessageFns<infer Response>;
  responseStream: infer Streams;
}
  ? Streams extends true
    ? (request: Request, context: CallContext) => AsyncIterable<DeepPartial<Response>>
    : (request: Request, context: CallContext) => Promise<DeepPartial<Response>>
  : never;

/** One handler for each RPC that is served; the others answer UNIMPLEMENTED. */
export type RuntimeHandlers = {
  [Name in keyof RuntimeServiceDefinition['methods']]?: Handler<RuntimeServiceDefinition['methods'][Name]>;
};

export type ImageHandlers = {
  [Name in keyof ImageServiceDefinition['methods']]?: Handler<ImageServiceDefinition['methods'][Name]>;
};

export type ImageProgressHandlers = {
  [Name in keyof ImageProgressDefinition['methods']]?: Handler<ImageProgressDefinition['methods'][Name]>;
};

export type PodStartsHandlers = {
  [Name in keyof PodStartsDefinition['methods']]: Handler<PodStartsDefinition['methods'][Name]>;
};

/** One finished call, for logs and metrics. */
export interface FinishedCall {
  rpc: string;
  durationMs: number;
  code: GrpcCodeName;
  /** The error of the handler. */
  error?: unknown;
}

export interface CriServerOptions extends SocketOptions {
  socketPath: string;
  runtime: RuntimeHandlers;
  image: ImageHandlers;
  /** Berth's extension of the image service; a server without it answers UNIMPLEMENTED. */
  imageProgress?: ImageProgressHandlers;
  /** Berth's extension with the traces of pod starts; as above. */
  podStarts?: PodStartsHandlers;
  /** Serves HTTP/1 requests on the same socket; without it they get 404. */
  http?: RequestListener;
  onCall?: (call: FinishedCall) => void;
  /** Runs around each unary call, for tracing. */
  around?: Around;
  /** Sanitizes the text of an error, which may quote foreign input. */
  errorText?: (text: string) => string;
  /** Describes the client process of a connection, given its file descriptor. Called once per connection. */
  describePeer?: (descriptor: number) => string;
}

/** Calls `run` once and returns its result; `header` reads the call's metadata. */
export type Around = <Result>(
  call: { rpc: string; header(name: string): string | undefined },
  run: () => Promise<Result>,
) => Promise<Result>;

export interface CriServer {
  /** Stops listening, removes the socket, and cancels the calls in flight. */
  close(): Promise<void>;
}

/** Far more than the kubelet and crictl open. */
const maxConnections = 1000;
/** Concurrent calls per connection; gRPC clients queue further ones. */
const maxConcurrentStreams = 1000;

/**
 * Listens on `socketPath` and answers CRI calls. Throws when a live server holds the socket.
 *
 * @example
 * import { connectCri } from '@berth/cri/client/client.ts';
 * import { CriError } from '@berth/cri/errors/cri-error.ts';
 *
 * const calls: string[] = [];
 * const server = await serveCri({
 *   socketPath: 'cri.sock',
 *   runtime: {
 *     removeContainer: async ({ containerId }) => {
 *       throw new CriError('NOT_FOUND', `container ${containerId} does not exist`);
 *     },
 *   },
 *   image: {},
 *   onCall: ({ rpc, code }) => calls.push(`${rpc} ${code}`),
 * });
 * const client = connectCri(`${process.cwd()}/cri.sock`);
 * await assert.rejects(client.runtime.removeContainer({ containerId: 'web' }), { code: 'NOT_FOUND' });
 * assert.deepEqual(calls, ['RemoveContainer NOT_FOUND']);
 * client.close();
 * await server.close();
 */
export async function serveCri(options: CriServerOptions): Promise<CriServer> {
  const { runtime, image } = options;
  const grpc = new GrpcServer({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': maxConcurrentStreams,
    'grpc.enable_channelz': 0,
  });
  addService(grpc, RuntimeServiceDefinition, { ...runtime }, options);
  addService(grpc, ImageServiceDefinition, { ...image }, options);
  if (options.imageProgress) addService(grpc, ImageProgressDefinition, { ...options.imageProgress }, options);
  if (options.podStarts) addService(grpc, PodStartsDefinition, { ...options.podStarts }, options);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const http = createHttpServer(options.http ?? notFound);
  // No idle timeout: a CPU profile sends nothing for minutes, and an image import may pause.
  guard(http, { idleTimeoutMs: 0 });

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    namePeer(socket, options.describePeer);
    socket.once('close', () => sockets.delete(socket));
    detectProtocol(socket, (protocol) => {
      if (protocol === 'grpc') injector.injectConnection(socket);
      else http.emit('connection', socket);
    });
  });
  server.maxConnections = maxConnections;
  await listenOnSocket(server, options.socketPath, options);
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      grpc.forceShutdown();
      injector.destroy();
      http.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Sets the remote address of a Unix socket, which it has not, to the description of its peer; grpc-js passes it to calls. */
function namePeer(socket: Socket, describePeer: CriServerOptions['describePeer']): void {
  // Node.js has no public API for the descriptor of a connection.
  const handle: unknown = Reflect.get(socket, '_handle');
  const descriptor: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (describePeer === undefined || typeof descriptor !== 'number') return;
  Object.defineProperty(socket, 'remoteAddress', { value: describePeer(descriptor) });
}

const notFound: RequestListener = (_request, response) => {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
};

/** A generated method, without its message types. */
interface Method {
  name: string;
  requestType: { decode(reader: BinaryReader): object };
  responseType: { fromPartial(partial: object): object; encode(message: never): { finish(): Uint8Array } };
  requestStream: boolean;
  responseStream: boolean;
}
type Unary = (request: object, context: CallContext) => Promise<object>;
type Streaming = (request: object, context: CallContext) => AsyncIterable<object>;

/** Serves a generated service by handlers, which throw CriError to choose the code of the answer. */
export function addService(
  grpc: GrpcServer,
  definition: { fullName: string; methods: object },
  handlers: Record<string, unknown>,
  {
    onCall,
    around = withoutMore,
    errorText = (text) => text,
  }: Pick<CriServerOptions, 'onCall' | 'around' | 'errorText'>,
): void {
  const implementation: Record<
    string,
    handleUnaryCall<object, object> | handleServerStreamingCall<object, object>
  > = {};
  const methods = Object.entries<Method>({ ...definition.methods });
  for (const [name, method] of methods) {
    const given = handlers[name];
    const report = (startedAt: number, code: GrpcCodeName, error?: unknown) =>
      onCall?.({ rpc: method.name, durationMs: performance.now() - startedAt, code, error });
    const refusal = (error: unknown): Refusal => {
      const { code, details } = statusOf(error);
      return { code, details: errorText(details) };
    };
    // RuntimeHandlers and ImageHandlers have checked each handler against its method.
    implementation[name] = method.responseStream
      ? serveStream((given ?? missing(method.name)) as Streaming, { report, refusal })
      : serveUnary(method.name, (given ?? missing(method.name)) as Unary, { report, refusal, around });
  }
  const grpcMethods = methods.map(([name, method]) => [
    name,
    {
      path: `/${definition.fullName}/${method.name}`,
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      requestSerialize: unused,
      requestDeserialize: (bytes: Buffer) => decodeBounded(method.requestType, bytes),
      responseSerialize: (response: object) => {
        const bytes = method.responseType.encode(method.responseType.fromPartial(response) as never).finish();
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      },
      responseDeserialize: unused,
    },
  ]);
  grpc.addService(Object.fromEntries(grpcMethods), implementation);
}

function unused(): never {
  throw new Error('only clients do this');
}

function missing(rpc: string): () => never {
  return () => {
    throw new CriError('UNIMPLEMENTED', `the RPC ${rpc} is not implemented by this runtime`, { rpc });
  };
}

const withoutMore: Around = (_call, run) => run();

/** The status of a failed call. */
type Refusal = ReturnType<typeof statusOf>;
type Report = (startedAt: number, code: GrpcCodeName, error?: unknown) => void;

function serveUnary(
  rpc: string,
  handler: Unary,
  { report, refusal, around }: { report: Report; refusal: (error: unknown) => Refusal; around: Around },
): handleUnaryCall<object, object> {
  return async (call, callback) => {
    const startedAt = performance.now();
    const abort = new AbortController();
    call.once('cancelled', () => abort.abort());
    try {
      const header = (name: string) => call.metadata.get(name)[0]?.toString();
      const context = { signal: abort.signal, peer: call.getPeer() };
      const response = await around({ rpc, header }, () => handler(decoded(call.request), context));
      callback(null, response);
      report(startedAt, 'OK');
    } catch (error) {
      const { code, details } = refusal(error);
      callback({ code: grpcCodes[code], details });
      report(startedAt, code, error);
    }
  };
}

function serveStream(
  handler: Streaming,
  { report, refusal }: { report: Report; refusal: (error: unknown) => Refusal },
): handleServerStreamingCall<object, object> {
  return async (call) => {
    const startedAt = performance.now();
    const abort = new AbortController();
    const { signal } = abort;
    call.once('cancelled', () => abort.abort());
    try {
      // Send headers before the first message, so that a client knows that its event stream is open.
      call.sendMetadata(new Metadata());
      for await (const response of handler(decoded(call.request), { signal, peer: call.getPeer() })) {
        if (signal.aborted) break;
        if (!call.write(response)) await once(call, 'drain', { signal });
      }
      call.end();
      report(startedAt, signal.aborted ? 'CANCELLED' : 'OK');
    } catch (error) {
      const { code, details } = refusal(error);
      call.emit('error', { code: grpcCodes[code], details });
      report(startedAt, code, error);
    }
  };
}
