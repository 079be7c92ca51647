import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReviewCache } from './review-cache.ts';

test('an answer counts for its time, and one question serves all that wait', async () => {
  let now = 0;
  let asked = 0;
  const cache = new ReviewCache<number>(undefined, () => now);
  const ask = (ttlMs: number) => async () => ({ result: ++asked, ttlMs });
  assert.deepEqual(await Promise.all([cache.answer('a', ask(100)), cache.answer('a', ask(100))]), [1, 1]);
  assert.equal(await cache.answer('b', ask(100)), 2);
  now = 99;
  assert.equal(await cache.answer('a', ask(100)), 1);
  now = 100;
  assert.equal(await cache.answer('a', ask(0)), 3);
  assert.equal(await cache.answer('a', ask(0)), 4);
});

test('a failure is not kept', async () => {
  const cache = new ReviewCache<number>();
  const fail = async () => {
    throw new Error('no');
  };
  await assert.rejects(cache.answer('a', fail), /no/);
  assert.equal(await cache.answer('a', async () => ({ result: 1, ttlMs: 1 })), 1);
});
