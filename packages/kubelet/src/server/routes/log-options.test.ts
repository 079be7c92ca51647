import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogOptions, logOptions } from './log-options.ts';

const now = Date.parse('2026-11-29T15:05:37Z');
const plain: LogOptions = {
  follow: false,
  previous: false,
  timestamps: false,
  tailLines: undefined,
  limitBytes: undefined,
  stream: undefined,
  sinceNano: undefined,
};
const undecodable = { status: 400, text: '{"message": "Unable to decode query."}' };
const invalid = { status: 422, text: '{"message": "Invalid request."}' };
const seconds = (count: number) => BigInt(now + count * 1000) * 1_000_000n;

// What kubelet v1.37.2 answers.
const rows: readonly [query: string, expected: Partial<LogOptions> | typeof invalid][] = [
  ['', {}],
  ['follow=true&previous=1&timestamps', { follow: true, previous: true, timestamps: true }],
  ['follow=False&previous=0&timestamps=nope', { timestamps: true }],
  ['tailLines=2', { tailLines: 2 }],
  ['tailLines=+2', { tailLines: 2 }],
  ['tailLines=0', { tailLines: 0 }],
  ['tailLines=-1', invalid],
  ['tailLines=x', undecodable],
  ['tailLines=', undecodable],
  ['tailLines=99999999999999999999', undecodable],
  ['tail=2', { tailLines: 2 }],
  ['tail=2&tailLines=5', { tailLines: 2 }],
  ['tail=all&tailLines=5', {}],
  ['tail=&tailLines=5', { tailLines: 5 }],
  ['limitBytes=10', { limitBytes: 10 }],
  ['limitBytes=0', invalid],
  ['sinceSeconds=1', { sinceNano: seconds(-1) }],
  ['sinceSeconds=0', invalid],
  ['sinceSeconds=5&sinceTime=2020-01-01T00:00:00Z', invalid],
  ['sinceTime=2026-11-29T15:05:38Z', { sinceNano: seconds(1) }],
  ['sinceTime=2026-11-29T16:05:38.000000001%2B01:00', { sinceNano: seconds(1) + 1n }],
  ['sinceTime=2026-11-29T15:05:38', undecodable],
  ['sinceTime=2026-13-29T15:05:38Z', undecodable],
  ['sinceTime=', { sinceNano: 0n }],
  ['sinceTime=null', { sinceNano: 0n }],
  ['stream=All', {}],
  ['stream=Stdout', { stream: 'Stdout' }],
  ['stream=x', invalid],
  ['stream=Stdout&tailLines=1', invalid],
];

for (const [query, expected] of rows) {
  test(`?${query}`, () => {
    const options = logOptions(new URLSearchParams(query.replaceAll('+', '%2B')), now);
    assert.deepEqual(options, 'status' in expected ? expected : { ...plain, ...expected });
  });
}
