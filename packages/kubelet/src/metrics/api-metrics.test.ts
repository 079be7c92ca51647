import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRequests } from './api-metrics.ts';
import { MetricsRegistry } from './registry.ts';

test('requests are counted by code, and timed by method', async () => {
  const registry = new MetricsRegistry();
  const answered = countRequests(registry);
  answered({ method: 'GET', host: 'a:6443', code: '200', seconds: 0.3 });
  answered({ method: 'GET', host: 'a:6443', code: '<error>', seconds: 3 });
  const text = await registry.text();
  for (const line of [
    'rest_client_requests_total{code="200",host="a:6443",method="GET"} 1',
    'rest_client_requests_total{code="<error>",host="a:6443",method="GET"} 1',
    'rest_client_request_duration_seconds_bucket{host="a:6443",verb="GET",le="0.5"} 1',
    'rest_client_request_duration_seconds_count{host="a:6443",verb="GET"} 2',
  ]) {
    assert.ok(text.includes(line), `${line}\n${text}`);
  }
});
