// The typed client over anything that carries encoded messages to a server and back.
import type { CallOptions, CriClient, ImageClient, ImageProgressClient, RuntimeClient } from './client.ts';
import { ImageServiceDefinition, RuntimeServiceDefinition } from './generated/api.ts';
import { ImageProgressDefinition } from './generated/image-progress.ts';

/** What is called: the path `/SERVICE/METHOD`, and the method's name for errors. */
export interface Target {
  path: string;
  rpc: string;
}

/** Carries encoded messages. Its calls fail with CriError. */
export interface Transport {
  unary(target: Target, request: Buffer, options: CallOptions): Promise<Uint8Array>;
  /** The messages of a stream; leaving the loop cancels the call. */
  serverStream(target: Target, request: Buffer, options: CallOptions): AsyncIterable<Uint8Array>;
  close(): void;
}

/** `timeoutMs` is the default deadline of unary calls. */
export function typedClient(transport: Transport, timeoutMs: number | undefined): CriClient {
  return {
    runtime: service<RuntimeClient>(transport, RuntimeServiceDefinition, timeoutMs),
    image: service<ImageClient>(transport, ImageServiceDefinition, timeoutMs),
    imageProgress: service<ImageProgressClient>(transport, ImageProgressDefinition, timeoutMs),
    close: () => transport.close(),
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
  transport: Transport,
  definition: { fullName: string; methods: object },
  defaultTimeoutMs: number | undefined,
): ServiceClient {
  const client: Record<string, unknown> = {};
  for (const [name, method] of Object.entries<Method>({ ...definition.methods })) {
    const target = { path: `/${definition.fullName}/${method.name}`, rpc: method.name };
    const encode = (request: object) => {
      // Each codec takes what its own fromPartial makes; the loop over all methods cannot know the type.
      const bytes = method.requestType.encode(method.requestType.fromPartial(request) as never).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    };
    client[name] = method.responseStream
      ? async function* (request: object, options: CallOptions = {}) {
          for await (const bytes of transport.serverStream(target, encode(request), options)) {
            yield method.responseType.decode(bytes);
          }
        }
      : async (request: object, options: CallOptions = {}) => {
          const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
          const bytes = await transport.unary(target, encode(request), { ...options, timeoutMs });
          return method.responseType.decode(bytes);
        };
  }
  return client as ServiceClient;
}
