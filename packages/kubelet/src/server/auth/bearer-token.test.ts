import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { bearerToken, type FoundToken } from './bearer-token.ts';

const encoded = (token: string | Buffer): string =>
  `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;

test('tokens', () => {
  const upgrade = { connection: 'keep-alive, Upgrade', upgrade: 'websocket' };
  const cases: [headers: IncomingHttpHeaders, found: FoundToken][] = [
    [{}, undefined],
    [{ authorization: 'Bearer abc' }, { token: 'abc' }],
    [{ authorization: ' bearer abc more' }, { token: 'abc' }],
    [{ authorization: 'Bearer' }, undefined],
    [{ authorization: 'Bearer  abc' }, undefined],
    [{ authorization: 'Basic abc' }, undefined],
    [{ 'sec-websocket-protocol': `v4, ${encoded('t')}` }, undefined],
    [{ ...upgrade, 'sec-websocket-protocol': 'v4' }, undefined],
    [
      { ...upgrade, 'sec-websocket-protocol': `v5,${encoded('t')}, v4` },
      { token: 't', protocols: 'v5,v4' },
    ],
    [{ ...upgrade, 'sec-websocket-protocol': encoded('t') }, { error: 'missing additional subprotocol' }],
    [
      { ...upgrade, 'sec-websocket-protocol': `v4,${encoded('t')},${encoded('u')}` },
      { error: 'multiple base64.bearer.authorization tokens specified' },
    ],
    [
      { ...upgrade, 'sec-websocket-protocol': `v4,${encoded('t')}==` },
      { error: 'invalid base64.bearer.authorization token encoding' },
    ],
    [
      { ...upgrade, 'sec-websocket-protocol': `v4,${encoded(Buffer.from([0xff]))}` },
      { error: 'invalid base64.bearer.authorization token' },
    ],
  ];
  for (const [headers, found] of cases)
    assert.deepEqual(bearerToken(headers), found, JSON.stringify(headers));
});
