import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationBuckets, ProbeCounters } from './metrics.ts';

test('runs are counted by result, and the durations of successes by bucket', () => {
  const counters = new ProbeCounters();
  assert.deepEqual(counters.read(), { total: new Map(), duration: undefined });
  counters.add('success', 0.02);
  counters.add('success', 20);
  counters.add('failure', 0.001);
  const { total, duration } = counters.read();
  assert.deepEqual(Object.fromEntries(total), { successful: 2, failed: 1 });
  assert.equal(duration?.count, 2);
  assert.equal(duration.sumSeconds, 20.02);
  assert.deepEqual(
    duration.buckets,
    durationBuckets.map((bound) => (bound >= 0.025 ? 1 : 0)),
  );
});
