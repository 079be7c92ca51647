import type { SpanContext } from '@opentelemetry/api';

/** Parses a W3C traceparent, `00-TRACE_ID-SPAN_ID-FLAGS`; undefined when it is malformed. */
export function parseTraceParent(text: string | undefined): SpanContext | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = match;
  // Version 00 ends with the flags; later versions may have more fields. Version ff and ids of zeros are invalid.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
