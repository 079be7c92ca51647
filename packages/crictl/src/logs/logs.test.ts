import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logSource } from './open-log.ts';
import { parseSince } from './since.ts';

test('since takes spans, times and Unix seconds', () => {
  const now = Date.parse('2026-01-02T03:04:05.678Z');
  const unix = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;
  const cases: [string, bigint][] = [
    ['42m', unix('2026-01-02T02:22:05Z')],
    ['1h30m', unix('2026-01-02T01:34:05Z')],
    ['2013-01-02T13:23:37Z', unix('2013-01-02T13:23:37Z')],
    ['2013-01-02T13:23:37.000000001Z', unix('2013-01-02T13:23:37Z') + 1n],
    ['2013-01-02T13:23+02:00', unix('2013-01-02T11:23:00Z')],
    ['2013-01-02T13:23:37', unix('2013-01-02T13:23:37')],
    ['2013-01-02', unix('2013-01-02T00:00:00')],
    ['1136073600', 1136073600n * 1_000_000_000n],
    ['1136073600.000000001', 1136073600n * 1_000_000_000n + 1n],
    ['0', 0n],
  ];
  for (const [text, expected] of cases) assert.equal(parseSince(text, now), expected, text);
  for (const text of ['nope', '12:30']) {
    assert.throws(() => parseSince(text, now), /failed to parse value as time or duration/, text);
  }
  const impossible = [
    ['2013-13-45', 'month'],
    ['2013-12-45', 'day'],
    ['2013-12-24T25:00', 'hour'],
    ['2013-12-24T12:60', 'minute'],
    ['2013-12-24T12:00:61', 'second'],
  ] as const;
  for (const [text, part] of impossible) {
    assert.throws(() => parseSince(text, now), { message: `parsing time "${text}": ${part} out of range` });
  }
});

test('a log that does not exist', async () => {
  await assert.rejects(
    logSource('/nowhere/none.log'),
    /failed to try resolving symlinks in path ".*none.log": lstat .*none.log: no such file or directory/,
  );
});
