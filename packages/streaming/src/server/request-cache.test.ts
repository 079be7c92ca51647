import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestCache } from './request-cache.ts';

test('a token is good once, for its time', () => {
  let now = 0;
  const cache = new RequestCache<string>({ ttlMs: 60, max: 2, maxBytes: 10, now: () => now });
  const [a, b] = [cache.insert('a', 1), cache.insert('b', 1)];
  assert.match(a, /^[\w-]{8}$/);
  assert.throws(() => cache.insert('c', 1), {
    criCode: 'RESOURCE_EXHAUSTED',
    message: 'maximum number of in-flight requests exceeded',
  });
  assert.equal(cache.consume(a), 'a');
  assert.equal(cache.consume(a), undefined);
  assert.equal(cache.consume('unknown'), undefined);
  now = 61;
  assert.equal(cache.consume(b), undefined);
  cache.insert('d', 1);
  now = 122;
  cache.insert('e', 1);
  cache.insert('f', 1);
});

test('requests that are large together are refused until some are used', () => {
  const cache = new RequestCache<string>({ ttlMs: 60, max: 100, maxBytes: 10, now: () => 0 });
  const token = cache.insert('a', 6);
  assert.throws(() => cache.insert('b', 6), { criCode: 'RESOURCE_EXHAUSTED' });
  cache.consume(token);
  cache.insert('b', 6);
});
