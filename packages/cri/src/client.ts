// The CRI as a typed client: `client.runtime.runPodSandbox({ config })`.
import { parseEndpoint } from './endpoint.ts';
import { CriError } from './errors.ts';
import {
  type DeepPartial,
  ImageServiceDefinition,
  type MessageFns,
  RuntimeServiceDefinition,
} from './generated/api.ts';
import { type CallOptions, GrpcChannel } from './grpc-channel.ts';

export type { CallOptions } from './grpc-channel.ts';

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

export interface CriClient {
  /** Pods and containers. */
  runtime: RuntimeClient;
  image: ImageClient;
  /** Ends the connection. An idle connection does not keep the process alive. */
  close(): void;
}

/**
 * A client of the CRI server at `endpoint` (`unix:///PATH` or `/PATH`). Connects with the first call, and
 * again with the next one after the server went away. `timeoutMs` is the default deadline of unary calls;
 * streams have none unless given with the call. Calls throw CriError.
 */
export function connectCri(endpoint: string, options: { timeoutMs?: number | undefined } = {}): CriClient {
  const channel = new GrpcChannel(parseEndpoint(endpoint));
  return {
    runtime: service<RuntimeClient>(channel, RuntimeServiceDefinition, options.timeoutMs),
    image: service<ImageClient>(channel, ImageServiceDefinition, options.timeoutMs),
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

function service<Client>(
  channel: GrpcChannel,
  definition: { fullName: string; methods: object },
  defaultTimeoutMs: number | undefined,
): Client {
  const client: Record<string, unknown> = {};
  for (const [name, method] of Object.entries<Method>({ ...definition.methods })) {
    const path = `/${definition.fullName}/${method.name}`;
    const messages = async function* (request: object, options: CallOptions) {
      // Each codec takes what its own fromPartial makes; the loop over all methods cannot know the type.
      const bytes = method.requestType.encode(method.requestType.fromPartial(request) as never).finish();
      for await (const message of channel.call(path, bytes, options))
        yield method.responseType.decode(message);
    };
    client[name] = method.responseStream
      ? (request: object, options: CallOptions = {}) => messages(request, options)
      : async (request: object, options: CallOptions = {}) => {
          const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
          let response: object | undefined;
          for await (const message of messages(request, { ...options, timeoutMs })) response = message;
          if (response === undefined) {
            throw new CriError('INTERNAL', 'the server answered without a message', { rpc: method.name });
          }
          return response;
        };
  }
  return client as Client;
}
