import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, humanDuration, humanSize, truncateId } from './human.ts';
import { formatTable } from './table.ts';

test('durations read as in the real crictl', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: [number, string][] = [
    [-5000, 'Less than a second'],
    [999, 'Less than a second'],
    [1999, '1 second'],
    [2000, '2 seconds'],
    [59_999, '59 seconds'],
    [minute, 'About a minute'],
    [2 * minute - 1, 'About a minute'],
    [59 * minute, '59 minutes'],
    [hour, 'About an hour'],
    [89 * minute, 'About an hour'],
    [90 * minute, '2 hours'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [13 * day, '13 days'],
    [14 * day, '2 weeks'],
    [59 * day, '8 weeks'],
    [60 * day, '2 months'],
    [2 * 365 * day - day, '24 months'],
    [2 * 365 * day, '2 years'],
  ];
  for (const [milliseconds, expected] of cases) assert.equal(humanDuration(milliseconds), expected);
  assert.equal(ago(1_000_000_000_000n, 1_000_000 + 5000), '5 seconds ago');
});

test('sizes have three significant digits', () => {
  const cases: [bigint, string][] = [
    [0n, '0B'],
    [999n, '999B'],
    [1000n, '1kB'],
    [1024n, '1.02kB'],
    [2_206_542n, '2.21MB'],
    [999_900n, '1e+03kB'],
    [490_000_000n, '490MB'],
    [1_000_000_000_000n, '1TB'],
  ];
  for (const [bytes, expected] of cases) assert.equal(humanSize(bytes), expected);
});

test('ids lose their prefix and their tail', () => {
  assert.equal(truncateId('sha256:0123456789abcdef', 'sha256:'), '0123456789abc');
  assert.equal(truncateId('short'), 'short');
});

test('columns are padded to the widest cell, the last is not', () => {
  const id = 'a'.repeat(18);
  assert.equal(
    formatTable([
      ['ID', 'NAME', 'POD'],
      [id, 'é', 'web'],
    ]),
    `ID${' '.repeat(19)}NAME${' '.repeat(16)}POD\n${id}   é${' '.repeat(19)}web\n`,
  );
  assert.equal(formatTable([]), '');
});
