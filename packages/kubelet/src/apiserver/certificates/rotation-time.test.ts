import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelayMs, rotationTime } from './rotation-time.ts';

test('a certificate is renewed after 70 to 90 % of its life', () => {
  const life = { notBefore: 1000, notAfter: 2000 };
  for (const [random, at] of [
    [0, 1700],
    [0.5, 1800],
    [1, 1900],
  ] as const) {
    assert.equal(rotationTime(life, random), at);
  }
});

test('the waits between attempts', () => {
  for (const [failures, random, ms] of [
    [1, 0, 2000],
    [1, 1, 2200],
    [2, 0, 4000],
    [3, 0.5, 8400],
    [4, 0, 16_000],
    [5, 0, 32_000],
    [5, 1, 32_000],
    [1000, 1, 32_000],
  ] as const) {
    assert.equal(Math.round(retryDelayMs(failures, random)), ms, `${failures} failures`);
  }
});
