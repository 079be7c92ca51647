// A typed CRI client on @grpc/grpc-js: `client.runtime.runPodSandbox({ config })`.
import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { Client, connectivityState, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { CriError, grpcCodeName, maxMessageBytes } from '../errors/cri-error.ts';
import type { ImageServiceDefinition, RuntimeServiceDefinition } from '../generated/api.ts';
import type { ImageProgressDefinition } from '../generated/image-progress.ts';
import type { PodStartsDefinition } from '../generated/pod-starts.ts';
import {
  cancelledError,
  deadlineError,
  dialError,
  prefaceError,
  prefaceProblems,
} from './connection-errors.ts';
import { parseEndpoint } from './endpoint.ts';
import { keepFieldWhitespace } from './field-whitespace.ts';
import {
  type CallOptions,
  criClient,
  type ServiceClient,
  type ServiceDefinition,
  serviceClient,
  type Target,
  type Transport,
} from './transport.ts';

export type RuntimeClient = ServiceClient<RuntimeServiceDefinition>;
export type ImageClient = ServiceClient<ImageServiceDefinition>;
export type ImageProgressClient = ServiceClient<ImageProgressDefinition>;
export type PodStartsClient = ServiceClient<PodStartsDefinition>;

export interface CriClient {
  /** Pods and containers. */
  runtime: RuntimeClient;
  image: ImageClient;
  /** Berth's extension; other runtimes answer UNIMPLEMENTED. */
  imageProgress: ImageProgressClient;
  /** Berth's extension with the traces of pod starts; other runtimes answer UNIMPLEMENTED. */
  podStarts: PodStartsClient;
  /** Closes the connection. An idle connection does not keep the process alive. */
  close(): void;
}

/**
 * A client of the CRI server at `endpoint` (`unix:///PATH` or `/PATH`). Connects with the first call, and reconnects
 * with the next call after the connection ended. While the server is down, calls fail at once and the client retries
 * every 50 to 500 ms. `timeoutMs` is the default deadline of unary calls; streams have no default deadline. Calls throw
 * CriError.
 *
 * @example
 * import { serveCri } from '@berth/cri/server/server.ts';
 *
 * // A runtime that serves one RPC; its other RPCs answer UNIMPLEMENTED.
 * const version = async () => ({ runtimeName: 'example', runtimeApiVersion: 'v1' });
 * const server = await serveCri({ socketPath: 'cri.sock', runtime: { version }, image: {} });
 *
 * const client = connectCri(`unix://${process.cwd()}/cri.sock`, { timeoutMs: 5000 });
 * assert.equal((await client.runtime.version({})).runtimeName, 'example');
 * await assert.rejects(client.runtime.listContainers({}), { name: 'CriError', code: 'UNIMPLEMENTED' });
 * client.close();
 * await server.close();
 */
export function connectCri(endpoint: string, options: { timeoutMs?: number | undefined } = {}): CriClient {
  return criClient(new GrpcJsTransport(parseEndpoint(endpoint)), options.timeoutMs);
}

/** How the client of another service than the CRI's calls it. */
export interface ServiceOptions {
  /** The default deadline of unary calls. */
  timeoutMs?: number | undefined;
  /** The largest response; default: as of the CRI. */
  maxResponseBytes?: number | undefined;
  /** Makes the reader of a response, which may limit what decoding takes. */
  readerOf?: ((bytes: Uint8Array) => BinaryReader) | undefined;
}

/** A client of another service than the CRI's, such as a plugin's, in the same way. Its calls throw CriError, too. */
export function connectService<Definition extends ServiceDefinition>(
  socketPath: string,
  definition: Definition,
  options: ServiceOptions = {},
): { service: ServiceClient<Definition>; close(): void } {
  const { serviceOf, close } = connectServer(socketPath, options);
  return { service: serviceOf(definition), close };
}

/** A connection to a server of several services. */
export interface ServerConnection {
  serviceOf<Definition extends ServiceDefinition>(definition: Definition): ServiceClient<Definition>;
  /**
   * Connects now, and again whenever the connection ends. `onChange` is told each time whether there is one; at first
   * there is none.
   */
  keepConnected(onChange: (isConnected: boolean) => void): void;
  close(): void;
}

/** Clients of services that one server has, as connectService makes them, over one connection. */
export function connectServer(socketPath: string, options: ServiceOptions = {}): ServerConnection {
  const transport = new GrpcJsTransport(socketPath, options.maxResponseBytes);
  return {
    serviceOf: (definition) => serviceClient(transport, definition, options.timeoutMs, options.readerOf),
    keepConnected: (onChange) => transport.keepConnected(onChange),
    close: () => transport.close(),
  };
}

keepFieldWhitespace();

class GrpcJsTransport implements Transport {
  readonly #socketPath: string;
  readonly #channel: Client;
  #isClosed = false;

  constructor(socketPath: string, maxResponseBytes = maxMessageBytes) {
    this.#socketPath = socketPath;
    this.#channel = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': maxResponseBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      // A local daemon restarts within a moment.
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.min_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 500,
      // The default :authority of a Unix socket is its path, which Go's servers reject.
      'grpc.default_authority': 'localhost',
      'grpc.enable_channelz': 0,
      'grpc.service_config_disable_resolution': 1,
    });
  }

  unary({ path, rpc }: Target, request: Buffer, options: CallOptions): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(cancelledError(rpc));
      const call = this.#channel.makeUnaryRequest(
        path,
        asItIs,
        asItIs,
        request,
        metadataOf(options),
        deadlineOf(options.timeoutMs),
        (error, response) => {
          signal?.removeEventListener('abort', cancel);
          if (error) reject(criError(error, rpc, this.#socketPath));
          else if (response) resolve(response);
          else reject(new CriError('INTERNAL', 'the server answered without a message', { rpc }));
        },
      );
      const cancel = () => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  async *serverStream({ path, rpc }: Target, request: Buffer, options: CallOptions) {
    const { signal } = options;
    if (signal?.aborted) throw cancelledError(rpc);
    const deadline = deadlineOf(options.timeoutMs);
    const call = this.#channel.makeServerStreamRequest(
      path,
      asItIs,
      asItIs,
      request,
      metadataOf(options),
      deadline,
    );
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) yield message as Buffer;
    } catch (error) {
      throw criError(error, rpc, this.#socketPath);
    } finally {
      signal?.removeEventListener('abort', cancel);
      // Does nothing when the call has ended. Cancelling emits an error that has no other listener any more.
      call.on('error', () => {});
      call.cancel();
    }
  }

  keepConnected(onChange: (isConnected: boolean) => void): void {
    const channel = this.#channel.getChannel();
    let was = false;
    const look = (): void => {
      if (this.#isClosed) return;
      const state = channel.getConnectivityState(true);
      const is = state === connectivityState.READY;
      if (is !== was) onChange(is);
      was = is;
      // Later: the channel calls back while it changes its state, and must not be asked to connect within that.
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => queueMicrotask(look));
    };
    look();
  }

  close(): void {
    this.#isClosed = true;
    this.#channel.close();
  }
}

const asItIs = (bytes: Buffer) => bytes;

function deadlineOf(timeoutMs: number | undefined): { deadline?: number } {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

/** Translates errors of grpc-js to the messages of Go's gRPC, which people and scripts search for. */
function criError(error: unknown, rpc: string, socketPath: string): CriError {
  if (!isServiceError(error)) return new CriError('UNKNOWN', String(error), { rpc, cause: error });
  const code = grpcCodeName(error.code);
  if (code === 'CANCELLED') return cancelledError(rpc);
  if (code === 'DEADLINE_EXCEEDED') {
    // Without a connection, the load balancer of grpc-js waits for one.
    return deadlineError(error.details.includes('Waiting for LB pick'), rpc);
  }
  const [, errno] = /\bconnect (E[A-Z]+)\b/.exec(error.details) ?? [];
  if (code === 'UNAVAILABLE' && errno !== undefined) return dialError(socketPath, errno, rpc);
  const [, problem] = /^No connection established\. Last error: (.*?) \(\d{4}-/.exec(error.details) ?? [];
  if (code === 'UNAVAILABLE' && problem !== undefined) {
    return prefaceError(socketPath, problems[problem] ?? problem, rpc);
  }
  return new CriError(code, error.details, { rpc });
}

/** Messages of grpc-js for a listener that does not speak gRPC. */
const problems: Readonly<Record<string, string>> = {
  'Failed to connect': prefaceProblems.closed,
  'Protocol error': prefaceProblems.notHttp2,
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

function metadataOf({ headers = {} }: CallOptions): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}
