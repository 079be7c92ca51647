import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { testPod } from '../../testing/pod.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';

after(redirectLog(() => {}));

const pod = testPod({ containers: [{ name: 'c' }], serviceAccountName: 'robot' });
const hour = 3600;

/** Tokens that the server issues for `seconds` from now, each with a number. */
function stage(seconds: () => number) {
  const asked: unknown[] = [];
  let failure: Error | undefined;
  const tokens = new ServiceAccountTokens({
    create: async (_resource, where, object, options) => {
      asked.push([where, options, Reflect.get(object, 'spec')]);
      if (failure) throw failure;
      const expirationTimestamp = new Date(Date.now() + seconds() * 1000).toISOString();
      return { ...object, status: { token: `t${asked.length}`, expirationTimestamp } };
    },
  });
  return {
    tokens,
    asked,
    fail: (error: Error) => {
      failure = error;
    },
  };
}

test('a token is bound to its pod, and asked for once', async () => {
  const { tokens, asked } = stage(() => hour);
  const request = { audience: 'vault', expirationSeconds: hour };
  assert.deepEqual(await Promise.all([tokens.token(pod, request), tokens.token(pod, request)]), ['t1', 't1']);
  assert.equal(await tokens.token(pod, request), 't1');
  assert.deepEqual(asked, [
    [
      { namespace: 'default', name: 'robot' },
      { subresource: 'token' },
      {
        audiences: ['vault'],
        expirationSeconds: hour,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' },
      },
    ],
  ]);
  assert.equal(await tokens.token(pod, { ...request, audience: '' }), 't2');
  tokens.forget('u');
  assert.equal(await tokens.token(pod, request), 't3');
});

test('a token that is old is replaced, and used on while it cannot be and is valid', async () => {
  let left = hour / 10;
  const { tokens, fail } = stage(() => left);
  const request = { audience: '', expirationSeconds: hour };
  assert.equal(await tokens.token(pod, request), 't1');
  assert.equal(await tokens.token(pod, request), 't2');
  fail(new Error('ECONNREFUSED'));
  assert.equal(await tokens.token(pod, request), 't2');
  left = -1;
  const expired = stage(() => -1);
  await expired.tokens.token(pod, request);
  expired.fail(new Error('ECONNREFUSED'));
  await assert.rejects(expired.tokens.token(pod, request), {
    message: 'token default/robot//3600/p/u expired and refresh failed: ECONNREFUSED',
  });
});

test('without a token there is an error that says why', async () => {
  const { tokens, fail } = stage(() => hour);
  fail(new Error('forbidden'));
  await assert.rejects(tokens.token(pod, { audience: '', expirationSeconds: hour }), {
    message: 'failed to fetch token: forbidden',
  });
});
