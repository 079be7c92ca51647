// Typed calls over anything that carries encoded messages to a server and back.

export interface CallOptions {
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED; without it the client's default. */
  timeoutMs?: number | undefined;
  /** Sent along, by names in small letters. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Cancels the call, which then fails with CANCELLED. */
  signal?: AbortSignal | undefined;
}

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

/** A method with its codecs, the types of its messages forgotten. */
export interface Method {
  /** As in the proto, such as `RunPodSandbox`. */
  name: string;
  /** Takes a message of which fields may be missing. */
  encode(request: object): Uint8Array;
  decode(bytes: Uint8Array): object;
  streams: boolean;
}

/**
 * The methods of `ServiceClient` by their names, `runPodSandbox` for `RunPodSandbox`; that they are those of the
 * type is for the caller to see to. `service` is such as `runtime.v1.RuntimeService`, `defaultTimeoutMs` the
 * deadline of unary calls.
 */
export function typedService<ServiceClient>(
  transport: Transport,
  service: string,
  methods: readonly Method[],
  defaultTimeoutMs: number | undefined,
): ServiceClient {
  const client: Record<string, unknown> = {};
  for (const { name, encode, decode, streams } of methods) {
    const target = { path: `/${service}/${name}`, rpc: name };
    const encoded = (request: object) => {
      const bytes = encode(request);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    };
    client[name.slice(0, 1).toLowerCase() + name.slice(1)] = streams
      ? async function* (request: object, options: CallOptions = {}) {
          for await (const bytes of transport.serverStream(target, encoded(request), options)) {
            yield decode(bytes);
          }
        }
      : async (request: object, options: CallOptions = {}) => {
          const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
          return decode(await transport.unary(target, encoded(request), { ...options, timeoutMs }));
        };
  }
  return client as ServiceClient;
}

/** The part of a generated method that a call needs. */
interface GeneratedMethod {
  name: string;
  requestType: { fromPartial(partial: object): object; encode(message: never): { finish(): Uint8Array } };
  responseType: { decode(bytes: Uint8Array): object };
  responseStream: boolean;
}

/** The methods of a generated service, with the generated codecs. */
export function generatedMethods(definition: { methods: object }): Method[] {
  return Object.values<GeneratedMethod>({ ...definition.methods }).map(
    ({ name, requestType, responseType, responseStream }) => ({
      name,
      // Each codec takes what its own fromPartial makes; the loop over all methods cannot know the type.
      encode: (request) => requestType.encode(requestType.fromPartial(request) as never).finish(),
      decode: (bytes) => responseType.decode(bytes),
      streams: responseStream,
    }),
  );
}
