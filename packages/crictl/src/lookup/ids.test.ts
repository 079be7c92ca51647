import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withId } from './ids.ts';

test('a prefix stands for the ids that it fits', () => {
  const fitting = (given: string, ...known: string[]) =>
    withId(
      given,
      known.map((id) => ({ id })),
    ).map(({ id }) => id);
  assert.deepEqual(fitting('d', 'abc1', 'abc2', 'def'), ['def']);
  assert.deepEqual(fitting('ab', 'abc1', 'abc2', 'def'), ['abc1', 'abc2']);
  assert.deepEqual(fitting('xyz', 'abc1'), []);
  assert.deepEqual(fitting('abc', 'abc', 'abcd'), ['abc'], 'a whole id is never ambiguous');
});
