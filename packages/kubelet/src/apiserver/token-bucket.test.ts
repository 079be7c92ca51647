import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullBucket, type Rate, returnToken, takeToken } from './token-bucket.ts';

/** The waits of requests at these times. */
function waits(rate: Rate, times: readonly number[]): number[] {
  let bucket = fullBucket(rate, 0);
  return times.map((at) => {
    const taken = takeToken(bucket, rate, at);
    bucket = taken.bucket;
    return Math.round(taken.waitMs);
  });
}

test('waits', () => {
  const cases: [rate: Rate, times: number[], waits: number[]][] = [
    // The burst passes at once; then one per 1/qps.
    [{ qps: 10, burst: 2 }, [0, 0, 0, 0], [0, 0, 100, 200]],
    [{ qps: 10, burst: 2 }, [0, 0, 50, 250], [0, 0, 50, 0]],
    // Never more than the burst is saved up.
    [{ qps: 10, burst: 2 }, [60_000, 60_000, 60_000], [0, 0, 100]],
    // A clock that jumps back.
    [{ qps: 10, burst: 1 }, [1000, 500, 500], [0, 100, 200]],
    [{ qps: -1, burst: 0 }, [0, 0, 0], [0, 0, 0]],
    [{ qps: 0.5, burst: 1 }, [0, 0], [0, 2000]],
  ];
  for (const [rate, times, expected] of cases) {
    assert.deepEqual(waits(rate, times), expected, JSON.stringify([rate, times]));
  }
});

test('a token that is given back serves the next request', () => {
  const rate = { qps: 1, burst: 1 };
  const first = takeToken(fullBucket(rate, 0), rate, 0);
  const second = takeToken(first.bucket, rate, 0);
  assert.equal(second.waitMs, 1000);
  assert.equal(takeToken(returnToken(second.bucket, rate), rate, 0).waitMs, 1000);
  assert.deepEqual(returnToken(fullBucket(rate, 0), rate), fullBucket(rate, 0));
});
