// Typed calls over a transport of encoded messages.
import type { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  type DeepPartial,
  ImageServiceDefinition,
  type MessageFns,
  RuntimeServiceDefinition,
} from '../generated/api.ts';
import { ImageProgressDefinition } from '../generated/image-progress.ts';
import { PodStartsDefinition } from '../generated/pod-starts.ts';

export interface CallOptions {
  /** Deadline in milliseconds; the client's default when absent. */
  timeoutMs?: number | undefined;
  /** Metadata, with names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Cancels the call, which then fails with CANCELLED. */
  signal?: AbortSignal | undefined;
}

/** A method: its path `/SERVICE/METHOD`, and its name for errors. */
export interface Target {
  path: string;
  rpc: string;
}

/** Sends encoded messages. Its calls throw CriError. */
export interface Transport {
  unary(target: Target, request: Buffer, options: CallOptions): Promise<Uint8Array>;
  /** The messages of a server stream; leaving the loop cancels the call. */
  serverStream(target: Target, request: Buffer, options: CallOptions): AsyncIterable<Uint8Array>;
  close(): void;
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

/** The methods of a service, `runPodSandbox` for `RunPodSandbox`. */
export type ServiceClient<Definition extends ServiceDefinition> = {
  [Name in keyof Definition['methods']]: Call<Definition['methods'][Name]>;
};

/** The clients of all services on `transport`; `timeoutMs` is the default deadline of unary calls. */
export function criClient(transport: Transport, timeoutMs: number | undefined) {
  return {
    runtime: serviceClient(transport, RuntimeServiceDefinition, timeoutMs),
    image: serviceClient(transport, ImageServiceDefinition, timeoutMs),
    imageProgress: serviceClient(transport, ImageProgressDefinition, timeoutMs),
    podStarts: serviceClient(transport, PodStartsDefinition, timeoutMs),
    close: () => transport.close(),
  };
}

/** A generated service. */
export interface ServiceDefinition {
  fullName: string;
  methods: object;
}

/** The part of a generated method that a call needs. */
interface GeneratedMethod {
  name: string;
  requestType: { fromPartial(partial: object): object; encode(message: never): { finish(): Uint8Array } };
  responseType: { decode(bytes: BinaryReader | Uint8Array): object };
  responseStream: boolean;
}

/** The client of one service on `transport`; `readerOf` may limit what the decoding of a response takes. */
export function serviceClient<Definition extends ServiceDefinition>(
  transport: Transport,
  { fullName, methods }: Definition,
  defaultTimeoutMs: number | undefined,
  readerOf: (bytes: Uint8Array) => BinaryReader | Uint8Array = (bytes) => bytes,
): ServiceClient<Definition> {
  const client: Record<string, unknown> = {};
  for (const method of Object.values<GeneratedMethod>({ ...methods })) {
    const { name, requestType, responseType, responseStream } = method;
    const target = { path: `/${fullName}/${name}`, rpc: name };
    const encoded = (request: object) => {
      // Each codec takes what its own fromPartial makes; the loop over all methods cannot know the type.
      const bytes = requestType.encode(requestType.fromPartial(request) as never).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    };
    client[name.slice(0, 1).toLowerCase() + name.slice(1)] = responseStream
      ? async function* (request: object, options: CallOptions = {}) {
          for await (const bytes of transport.serverStream(target, encoded(request), options)) {
            yield responseType.decode(readerOf(bytes));
          }
        }
      : async (request: object, options: CallOptions = {}) => {
          const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
          return responseType.decode(
            readerOf(await transport.unary(target, encoded(request), { ...options, timeoutMs })),
          );
        };
  }
  return client as ServiceClient<Definition>;
}
