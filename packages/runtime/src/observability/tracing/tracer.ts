/** Attributes of a span, with OpenTelemetry's names where it defines one. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A CRI call as tracing sees it. */
export interface TracedCall {
  readonly rpc: string;
  /** The call's metadata of this name, such as `traceparent`. */
  header(name: string): string | undefined;
}

/** Records spans. Spans that begin within another one's `run` become its children. */
export interface Tracer {
  /** Runs `run` as a span; what it throws marks the span as failed and is thrown on. */
  span<Result>(name: string, attributes: SpanAttributes, run: () => Promise<Result>): Promise<Result>;
  /** Runs a CRI call as a span, child of the caller's span if it names one (W3C trace context). */
  call<Result>(call: TracedCall, run: () => Promise<Result>): Promise<Result>;
  /** Adds attributes to the span that is under way. */
  describe(attributes: SpanAttributes): void;
  /** Sends what has not been sent yet. */
  close(): Promise<void>;
}

/** Records nothing. */
export const noTracing: Tracer = {
  span: (_name, _attributes, run) => run(),
  call: (_call, run) => run(),
  describe: () => {},
  close: async () => {},
};

/** The pod of a call as attributes with OpenTelemetry's names. */
export function podAttributes({
  namespace,
  name,
  uid,
}: {
  namespace: string;
  name: string;
  uid: string;
}): SpanAttributes {
  return { 'k8s.namespace.name': namespace, 'k8s.pod.name': name, 'k8s.pod.uid': uid };
}
