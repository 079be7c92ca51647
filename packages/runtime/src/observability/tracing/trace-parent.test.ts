import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTraceParent } from './trace-parent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const parsed = (traceFlags: number) => ({ traceId, spanId, traceFlags, isRemote: true });

const cases: [text: string | undefined, context: ReturnType<typeof parsed> | undefined][] = [
  [`00-${traceId}-${spanId}-01`, parsed(1)],
  [`00-${traceId}-${spanId}-00`, parsed(0)],
  [`00-${traceId}-${spanId}-03`, parsed(1)],
  [`01-${traceId}-${spanId}-01-later`, parsed(1)],
  [`00-${traceId}-${spanId}-01-more`, undefined],
  [`ff-${traceId}-${spanId}-01`, undefined],
  [`00-${'0'.repeat(32)}-${spanId}-01`, undefined],
  [`00-${traceId}-${'0'.repeat(16)}-01`, undefined],
  [`00-${traceId.toUpperCase()}-${spanId}-01`, undefined],
  ['', undefined],
  [undefined, undefined],
];

for (const [text, context] of cases) {
  test(`traceparent ${text}`, () => assert.deepEqual(parseTraceParent(text), context));
}
