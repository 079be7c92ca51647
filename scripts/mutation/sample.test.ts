import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidence, sample } from './sample.ts';

const items = Array.from({ length: 1000 }, (_, index) => index);

test('a sample is the same for the same seed, in order, and without repetition', () => {
  const drawn = sample(items, 100, 1);
  assert.deepEqual(sample(items, 100, 1), drawn);
  assert.notDeepEqual(sample(items, 100, 2), drawn);
  assert.equal(new Set(drawn).size, 100);
  assert.deepEqual(
    drawn.toSorted((a, b) => a - b),
    drawn,
  );
  assert.deepEqual(sample(items, 5000, 1), items);
});

test('every item has about the same chance', () => {
  const hits = items.map(() => 0);
  for (let seed = 0; seed < 1000; seed++)
    for (const item of sample(items, 100, seed)) hits[item] = (hits[item] ?? 0) + 1;
  // 100 each on average, and 9.5 the standard deviation.
  assert.ok(
    Math.min(...hits) > 50 && Math.max(...hits) < 150,
    `${Math.min(...hits)} to ${Math.max(...hits)}`,
  );
});

test('intervals of shares', () => {
  const rounded = (hits: number, total: number) =>
    confidence(hits, total).map((value) => Math.round(1000 * value) / 1000);
  assert.deepEqual(rounded(0, 0), [0, 1]);
  assert.deepEqual(rounded(0, 10), [0, 0.278]);
  assert.deepEqual(rounded(5, 10), [0.237, 0.763]);
  assert.deepEqual(rounded(30, 300), [0.071, 0.139]);
});
