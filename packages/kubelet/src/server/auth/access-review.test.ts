import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reviews } from '../../testing/reviews.ts';
import { accessReviews } from './access-review.ts';

const attributes = { verb: 'get', resource: 'nodes', subresource: 'metrics' } as const;

test('the API server is asked as the real kubelet asks, once for some time', async () => {
  const reviews = new Reviews();
  const authorize = accessReviews(reviews.client, 'node1', { allowedMs: 60_000, deniedMs: 0 });
  reviews.statuses.push({ allowed: true }, { allowed: false }, { allowed: true, denied: true }, {});
  const user = { name: 'jane', groups: ['g'], uid: '7', extra: { a: ['b'] } };
  assert.equal(await authorize(user, attributes), true);
  assert.equal(await authorize(user, attributes), true);
  const other = { name: 'joe', groups: [] };
  for (let index = 0; index < 3; index++) assert.equal(await authorize(other, attributes), false);
  assert.equal(reviews.asked.length, 4);
  assert.deepEqual(reviews.asked[0], [
    'subjectaccessreviews',
    {
      resourceAttributes: {
        verb: 'get',
        version: 'v1',
        resource: 'nodes',
        subresource: 'metrics',
        name: 'node1',
      },
      user: 'jane',
      groups: ['g'],
      extra: { a: ['b'] },
      uid: '7',
    },
  ]);
});

test('a refusal is kept for a time of its own; an error is none', async () => {
  const reviews = new Reviews();
  const authorize = accessReviews(reviews.client, 'node1', { allowedMs: 0, deniedMs: 60_000 });
  const user = { name: 'jane', groups: [] };
  reviews.statuses.push(new Error('no answer'), { allowed: false });
  await assert.rejects(authorize(user, attributes), /no answer/);
  assert.equal(await authorize(user, attributes), false);
  assert.equal(await authorize(user, attributes), false);
  assert.equal(reviews.asked.length, 2);
});
