import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shutdownPeriods } from './shutdown-periods.ts';

const critical = 2_000_000_000;
const none = { wholeMs: 0, criticalMs: 0, byPriority: [] };

test('critical pods have the last part of the whole period', () => {
  assert.deepEqual(shutdownPeriods(none), []);
  const periods = shutdownPeriods({ ...none, wholeMs: 30_000, criticalMs: 10_000 });
  assert.deepEqual(periods, [
    { priority: 0, graceSeconds: 20 },
    { priority: critical, graceSeconds: 10 },
  ]);
});

test('periods by priority go from the lowest to the highest', () => {
  const byPriority = [
    { priority: 100, graceSeconds: 1 },
    { priority: -5, graceSeconds: 2 },
  ];
  assert.deepEqual(
    shutdownPeriods({ ...none, byPriority }).map(({ priority }) => priority),
    [-5, 100],
  );
});
