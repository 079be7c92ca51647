import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoDuration } from '@berth/common/go-duration.ts';
import { parseDuration } from './duration.ts';

test('durations as Go reads them', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['0s', 0],
    ['300ms', 300],
    ['1.5h', 5_400_000],
    ['1m30s', 90_000],
    ['.5s', 500],
    ['-2s', -2000],
    ['1000us', 1],
    ['1000µs', 1],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
  for (const text of ['', '1', 's', '1 s', '1d', '1.2.3s', '1s2', 'abc']) {
    assert.throws(() => parseDuration(text), /invalid duration/, text);
  }
});

const durations: [ms: number, text: string][] = [
  [0, '0s'],
  [500, '500ms'],
  [10_000, '10s'],
  [20_000, '20s'],
  [80_000, '1m20s'],
  [160_000, '2m40s'],
  [300_000, '5m0s'],
  [3_600_000, '1h0m0s'],
  [1500, '1.5s'],
];
for (const [ms, text] of durations) {
  test(`${ms} ms is printed as ${text}`, () => assert.equal(formatGoDuration(ms), text));
}
