import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../apiserver/api-client.ts';
import { Reviews } from '../../testing/reviews.ts';
import { tokenReviews } from './token-review.ts';

test('users of tokens', async () => {
  const reviews = new Reviews();
  const tokens = tokenReviews(reviews.client, 60_000);
  const user = { username: 'jane', uid: '7', groups: ['g'], extra: { a: ['b'] } };
  reviews.statuses.push(
    { authenticated: true, user },
    { authenticated: true, user: { username: 'x', groups: ['system:authenticated'] } },
  );
  const jane = { name: 'jane', uid: '7', groups: ['g', 'system:authenticated'], extra: { a: ['b'] } };
  assert.deepEqual(await tokens('t'), jane);
  assert.deepEqual(await tokens('t'), jane);
  assert.deepEqual(await tokens('u'), { name: 'x', groups: ['system:authenticated'] });
  assert.deepEqual(reviews.asked, [
    ['tokenreviews', { token: 't' }],
    ['tokenreviews', { token: 'u' }],
  ]);
});

test('a refusal is kept, an error is not', async () => {
  const reviews = new Reviews();
  const tokens = tokenReviews(reviews.client, 60_000);
  reviews.statuses.push({ authenticated: false });
  assert.equal(await tokens('t'), undefined);
  assert.equal(await tokens('t'), undefined);
  reviews.statuses.push({ authenticated: false, error: 'expired' }, new ApiError({ message: 'no' }, 403), {
    authenticated: true,
    user: { username: 'x' },
  });
  await assert.rejects(tokens('u'), /^Error: expired$/);
  await assert.rejects(tokens('u'), /^ApiError: no$/);
  assert.equal((await tokens('u'))?.name, 'x');
});

test('without a time nothing is kept', async () => {
  const reviews = new Reviews();
  const tokens = tokenReviews(reviews.client, 0);
  reviews.statuses.push({ authenticated: false }, { authenticated: false });
  await tokens('t');
  await tokens('t');
  assert.equal(reviews.asked.length, 2);
});
