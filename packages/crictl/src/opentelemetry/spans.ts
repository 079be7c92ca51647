// --enable-tracing: exports a span for each call to the runtime by OTLP. Loaded only with that flag.

import { hostname } from 'node:os';
import { messageOf } from '@berth/common/error-message.ts';
import { type Span, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

export interface Tracing {
  /** Wraps a client to record a span for each call; `service` is for example `runtime.v1.RuntimeService`. */
  traceCalls<Client extends object>(client: Client, service: string): Client;
  /** Flushes the spans; throws when that takes longer than `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Exports spans to the collector at `endpoint`, `HOST:PORT`. */
export function startTracing({
  endpoint,
  samplingRatePerMillion,
}: {
  endpoint: string;
  samplingRatePerMillion: number;
}): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'crictl',
      'host.name': hostname(),
      'process.pid': process.pid,
    }),
    sampler: new ParentBasedSampler({ root: sampler(samplingRatePerMillion) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `http://${endpoint}` }) }),
    ],
  });
  const tracer = provider.getTracer('crictl');
  return {
    traceCalls: (client, service) =>
      new Proxy(client, {
        get(target, name, receiver) {
          const method: unknown = Reflect.get(target, name, receiver);
          if (typeof method !== 'function') return method;
          const rpc = String(name).replace(/^./, (letter) => letter.toUpperCase());
          return (request: unknown, options: object = {}) => {
            const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': rpc };
            const span = tracer.startSpan(`${service}/${rpc}`, { kind: SpanKind.CLIENT, attributes });
            const headers = { traceparent: traceParent(span) };
            return ended(span, method(request, { ...options, headers }));
          };
        },
      }),
    close: async (timeoutMs) => {
      const late = AbortSignal.timeout(timeoutMs);
      const timeout = new Promise<never>((_, reject) => {
        late.addEventListener('abort', () => reject(new Error('context deadline exceeded')), { once: true });
      });
      await Promise.race([provider.shutdown(), timeout]);
    },
  };
}

/** Pure: the sampler for a rate per million; a negative rate samples all. */
function sampler(perMillion: number): Sampler {
  if (perMillion < 0) return new AlwaysOnSampler();
  return perMillion === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(perMillion / 1e6);
}

/** W3C trace context, which makes the runtime's spans children of this span. */
function traceParent(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`;
}

/** Passes on the messages of a stream and ends the span at its end. */
function ended(span: Span, answer: unknown): unknown {
  const fail = (error: unknown): never => {
    const message = messageOf(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    span.end();
    throw error;
  };
  if (answer instanceof Promise) {
    return answer.then((message: unknown) => {
      span.end();
      return message;
    }, fail);
  }
  return streamed(span, answer as AsyncIterable<unknown>, fail);
}

async function* streamed(span: Span, messages: AsyncIterable<unknown>, fail: (error: unknown) => never) {
  try {
    yield* messages;
  } catch (error) {
    fail(error);
  }
  span.end();
}
