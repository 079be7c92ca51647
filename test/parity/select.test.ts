import assert from 'node:assert/strict';
import { test } from 'node:test';
import { select } from './select.ts';

const cases = Array.from({ length: 10 }, (_, index) => ({ area: index < 5 ? 'a' : 'b', name: `${index}` }));
const taken = (words: string[], sample?: number) => [...select(cases, { words, sample })];

test('without words or a sample all cases run', () => {
  assert.equal(taken([]).length, 10);
});

test('words are parts of names with their area', () => {
  assert.deepEqual(taken(['b: 7', '3']), ['a: 3', 'b: 7']);
  assert.deepEqual(taken(['nothing']), []);
});

test('a sample is spread over all areas, and never more than there is', () => {
  assert.deepEqual(taken([], 4), ['a: 0', 'a: 2', 'b: 5', 'b: 7']);
  assert.deepEqual(taken(['a:'], 2), ['a: 0', 'a: 2']);
  assert.equal(taken([], 99).length, 10);
});
