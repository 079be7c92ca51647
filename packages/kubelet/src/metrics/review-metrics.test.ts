import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../apiserver/api-client.ts';
import { tokenReviews } from '../server/auth/token-review.ts';
import { Reviews } from '../testing/reviews.ts';
import { exposition } from './exposition.ts';
import { MetricsRegistry } from './registry.ts';
import { ReviewMetrics } from './review-metrics.ts';

test('reviews are counted by what was asked and answered', async () => {
  const registry = new MetricsRegistry();
  const metrics = new ReviewMetrics(registry);
  const reviews = new Reviews();
  const tokens = tokenReviews(metrics.counted(reviews.client), 60_000, metrics.tokenCache);
  reviews.statuses.push({ authenticated: true, user: { username: 'jane' } });
  await tokens('t');
  await tokens('t');
  const refusing = metrics.counted({
    create: async () => {
      throw new ApiError({ reason: 'Forbidden', message: 'no' }, 403);
    },
  });
  const review = { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews' };
  await assert.rejects(refusing.create(review, {}, {}), /no/);
  await assert.rejects(
    tokenReviews({ create: async () => Promise.reject(new Error('gone')) }, 1, metrics.tokenCache)('u'),
    /gone/,
  );
  const text = exposition(await registry.families());
  for (const line of [
    'apiserver_delegated_authn_request_total{code="201"} 1',
    'apiserver_delegated_authn_request_duration_seconds_count{code="201"} 1',
    'apiserver_delegated_authz_request_total{code="403"} 1',
    'authentication_token_cache_request_total{status="hit"} 1',
    'authentication_token_cache_request_total{status="miss"} 2',
    'authentication_token_cache_fetch_total{status="ok"} 1',
    'authentication_token_cache_fetch_total{status="error"} 1',
    'authentication_token_cache_active_fetch_count{status="in_flight"} 0',
    'authentication_token_cache_active_fetch_count{status="blocked"} 0',
  ])
    assert.ok(text.includes(`${line}\n`), `${line}\n${text}`);
});
