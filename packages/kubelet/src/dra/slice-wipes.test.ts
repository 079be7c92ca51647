import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { apiError, FakeApi } from '../testing/fake-api.ts';
import { SliceWipes } from './slice-wipes.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const all = 'deletecollection resourceslices/spec.nodeName=n';
const ofDriver = 'deletecollection resourceslices/spec.driver=d,spec.nodeName=n';

function wipes(api: FakeApi, nodeSeen: () => Promise<void> = async () => {}) {
  const made = new SliceWipes({ client: api.client, nodeName: 'n', nodeSeen });
  return { made, [Symbol.dispose]: () => made.stop() };
}

test('all slices are deleted at the start, once the node is there, until that succeeds', async () => {
  const api = new FakeApi();
  api.failNext(all, apiError(401, 'Unauthorized'));
  const { promise, resolve } = Promise.withResolvers<void>();
  using parts = wipes(api, () => promise);
  parts.made.start();
  await settled();
  assert.deepEqual(api.requests, []);
  resolve();
  await until('it tries again', () => api.requests.length === 2);
  assert.deepEqual(api.requests, [all, all]);
});

test('a server without the API has no slices', async () => {
  const api = new FakeApi();
  api.failNext(all, apiError(404, 'NotFound'));
  using parts = wipes(api);
  parts.made.start();
  await settled();
  assert.equal(api.requests.length, 1);
});

test('those of a driver are deleted when it is away for 30 seconds, and stay when it comes back', async () => {
  const api = new FakeApi();
  mock.timers.enable({ apis: ['setTimeout'] });
  using parts = wipes(api);
  const pass = async (ms: number): Promise<void> => {
    mock.timers.tick(ms);
    await settled();
  };
  parts.made.away('d');
  await pass(29_999);
  parts.made.back('d');
  await pass(60_000);
  assert.deepEqual(api.requests, []);
  parts.made.away('d');
  await pass(20_000);
  // Another of its plugins goes: the time is that of the first.
  parts.made.away('d');
  await pass(10_000);
  assert.deepEqual(api.requests, [ofDriver]);
  parts.made.away('d');
  await pass(30_000);
  assert.deepEqual(api.requests, [ofDriver, ofDriver]);
  mock.timers.reset();
});
