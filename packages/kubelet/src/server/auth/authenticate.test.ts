import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { type Authentication, authenticate } from './authenticate.ts';
import type { TokenAuthenticator } from './token-review.ts';

const jane = { name: 'jane', groups: ['system:authenticated'] };
const anonymous = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const tokens: TokenAuthenticator = async (token) => {
  if (token === 'broken') throw new Error('no answer');
  return token === 'right' ? jane : undefined;
};

function request(headers: Record<string, string>): IncomingMessage {
  const incoming = new IncomingMessage(new Socket());
  const distinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  Object.defineProperty(incoming, 'headersDistinct', { value: distinct });
  Object.assign(incoming, { headers });
  return incoming;
}

test('tokens', async () => {
  const cases: [authorization: string | undefined, isAnonymousKnown: boolean, found: Authentication][] = [
    ['Bearer right', false, { user: jane }],
    ['Bearer wrong', true, { error: 'invalid bearer token' }],
    ['Bearer broken', true, { error: 'no answer' }],
    ['Basic right', true, { user: anonymous }],
    [undefined, true, { user: anonymous }],
    [undefined, false, { error: undefined }],
  ];
  for (const [authorization, isAnonymousKnown, found] of cases) {
    const incoming = request(authorization === undefined ? {} : { authorization });
    const options = { x509: true, tokens, anonymous: isAnonymousKnown };
    assert.deepEqual(await authenticate(incoming, options), found, String(authorization));
  }
});

test('tokens do not count without the webhook', async () => {
  const incoming = request({ authorization: 'Bearer right' });
  const options = { x509: false, tokens: undefined, anonymous: true };
  assert.deepEqual(await authenticate(incoming, options), { user: anonymous });
});

test('a token that was right goes no further', async () => {
  const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from('right').toString('base64url')}`;
  const options = { x509: false, tokens, anonymous: false };
  const plain = request({ authorization: 'Bearer right', accept: '*/*' });
  await authenticate(plain, options);
  assert.deepEqual([plain.headers, plain.headersDistinct], [{ accept: '*/*' }, { accept: ['*/*'] }]);
  const socket = request({
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-protocol': `v5.channel.k8s.io, ${protocol}`,
  });
  await authenticate(socket, options);
  assert.equal(socket.headers['sec-websocket-protocol'], 'v5.channel.k8s.io');
  assert.deepEqual(socket.headersDistinct['sec-websocket-protocol'], ['v5.channel.k8s.io']);
});
