import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestCache } from './request-cache.ts';

test('a token is good once, for its time', () => {
  let now = 0;
  const cache = new RequestCache<string>({ ttlMs: 60, max: 2, now: () => now });
  const [a, b] = [cache.insert('a'), cache.insert('b')];
  assert.match(a, /^[\w-]{8}$/);
  assert.throws(() => cache.insert('c'), {
    criCode: 'RESOURCE_EXHAUSTED',
    message: 'maximum number of in-flight requests exceeded',
  });
  assert.equal(cache.consume(a), 'a');
  assert.equal(cache.consume(a), undefined);
  assert.equal(cache.consume('unknown'), undefined);
  now = 61;
  assert.equal(cache.consume(b), undefined);
  cache.insert('d');
  now = 122;
  cache.insert('e');
  cache.insert('f');
});
