import { AsyncLocalStorage } from 'node:async_hooks';
import { messageOf } from '@berth/common/error-message.ts';
import { printable } from '@berth/common/printable.ts';
import { berthVersion } from '@berth/common/version.ts';
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '../../logging/log.ts';
import { parseTraceParent } from './trace-parent.ts';
import type { SpanAttributes, Tracer } from './tracer.ts';

/**
 * Sends spans by OTLP over gRPC to `endpoint` (`host:port`, or with http:// or https://). Follows the caller's
 * sampling decision and samples `samplingRatePerMillion` of the other calls. The library's errors are logged. Costs
 * about 18 MiB, so this file is imported only when an endpoint is configured.
 */
export function openTelemetry(
  { endpoint, samplingRatePerMillion }: { endpoint: string; samplingRatePerMillion: number },
  log: Logger,
): Tracer {
  const complain = (problem: string) => log.warning(`Tracing: ${problem}`, { endpoint });
  const ignore = () => {};
  diag.setLogger(
    { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const url = /^https?:\/\//.test(endpoint) ? endpoint : `http://${endpoint}`;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'berthd', 'service.version': berthVersion }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplingRatePerMillion / 1e6) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
  });
  const tracer = provider.getTracer('berthd');
  const current = new AsyncLocalStorage<Context>();
  const run = async <Result>(span: Span, parent: Context, body: () => Promise<Result>): Promise<Result> => {
    try {
      return await current.run(trace.setSpan(parent, span), body);
    } catch (error) {
      const message = printable(messageOf(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    span: (name: string, attributes: SpanAttributes, body) => {
      const parent = current.getStore() ?? ROOT_CONTEXT;
      return run(tracer.startSpan(name, { attributes }, parent), parent, body);
    },
    call: (call, body) => {
      const remote = parseTraceParent(call.header('traceparent'));
      const parent = remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
      const attributes = { 'rpc.system': 'grpc', 'rpc.method': call.rpc };
      const span = tracer.startSpan(call.rpc, { kind: SpanKind.SERVER, attributes }, parent);
      return run(span, parent, body);
    },
    describe: (attributes) => {
      trace.getSpan(current.getStore() ?? ROOT_CONTEXT)?.setAttributes(attributes);
    },
    close: () => provider.shutdown(),
  };
}
