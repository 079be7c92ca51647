// The secure server whose clients an API server knows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { redirectLog } from '../klog/klog.ts';
import { Reviews } from '../testing/reviews.ts';
import { startTestServer, testHost } from '../testing/server.ts';

const webhooks = { tokenReviewMs: 60_000, accessReviews: { allowedMs: 60_000, deniedMs: 60_000 } };
const jane = { authenticated: true, user: { username: 'jane' } };

test('a token is reviewed, and then what its user may do', async () => {
  using scratch = scratchDir('webhooks');
  const reviews = new Reviews();
  using server = await startTestServer(scratch.path, testHost(), webhooks, { reviewer: reviews.client });
  const headers = { authorization: 'Bearer t' };
  reviews.statuses.push(jane, { allowed: false }, { allowed: true });
  assert.equal((await server.ask('GET /pods', { headers })).status, 200);
  assert.equal((await server.ask('GET /pods', { headers })).status, 200);
  const specs = reviews.asked.map(([plural, spec]) => [plural, JSON.stringify(spec)]);
  const review = (subresource: string): string =>
    `{"resourceAttributes":{"verb":"get","version":"v1","resource":"nodes","subresource":"${subresource}","name":"testnode"},"user":"jane","groups":["system:authenticated"]}`;
  assert.deepEqual(specs, [
    ['tokenreviews', '{"token":"t"}'],
    ['subjectaccessreviews', review('pods')],
    ['subjectaccessreviews', review('proxy')],
  ]);
  const joe = { authenticated: true, user: { username: 'joe' } };
  reviews.statuses.push(joe, { allowed: false }, { allowed: false });
  const { status, body } = await server.ask('GET /configz', { headers: { authorization: 'Bearer u' } });
  const refusal = 'Forbidden (user=joe, verb=get, resource=nodes, subresource(s)=[configz proxy])\n';
  assert.deepEqual([status, body], [403, refusal]);
});

test('a token that is nobody’s, and an API server that does not answer', async () => {
  using scratch = scratchDir('webhooks');
  const reviews = new Reviews();
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  using server = await startTestServer(
    scratch.path,
    testHost(),
    { ...webhooks, anonymousAuth: true },
    { reviewer: reviews.client },
  );
  const ask = async (token: string): Promise<number> =>
    (await server.ask('GET /pods', { headers: { authorization: `Bearer ${token}` } })).status;
  reviews.statuses.push({ authenticated: false }, new Error('no answer'), jane, new Error('no answer'));
  assert.deepEqual([await ask('a'), await ask('b'), await ask('c')], [401, 401, 500]);
  restore();
  assert.match(lines.join(''), /err="invalid bearer token"[\s\S]*err="no answer"[\s\S]*Authorization error/);
});

test('webhooks need an API server', async () => {
  using scratch = scratchDir('webhooks');
  await assert.rejects(
    startTestServer(scratch.path, testHost(), webhooks),
    /cannot use webhooks: there is no API server/,
  );
});
