import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRefresh } from './token-refresh.ts';

const hour = 3_600_000;
/** Issued at 0. */
const cases: [lifetimeMs: number, now: number, jitterMs: number, isDue: boolean][] = [
  [hour, 0.79 * hour, 0, false],
  [hour, 0.81 * hour, 0, true],
  [hour, 0.799 * hour, 10_000, true],
  [48 * hour, 23.9 * hour, 0, false],
  [48 * hour, 24.1 * hour, 0, true],
  [48 * hour, 24 * hour - 5000, 10_000, true],
];

for (const [lifetimeMs, now, jitterMs, isDue] of cases) {
  test(`a token for ${lifetimeMs / hour} h after ${(now / hour).toFixed(3)} h: ${isDue}`, () => {
    assert.equal(needsRefresh({ expiresAt: lifetimeMs, lifetimeMs }, now, jitterMs), isDue);
  });
}
