import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, type Asked, answerError, retryAfterSeconds } from './answer-error.ts';
import type { Resource } from './api-client.ts';

const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };

function answer(code: number, body: unknown, headers: Answer['headers'] = {}): Answer {
  return { code, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
}

const failure = { kind: 'Status', apiVersion: 'v1', status: 'Failure' };

test('success is no error', () => {
  const asked: Asked = { method: 'GET' };
  assert.equal(answerError(answer(200, { kind: 'Pod' }), asked), undefined);
  assert.equal(answerError(answer(201, {}), asked), undefined);
  assert.equal(
    answerError(answer(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' }), asked),
    undefined,
  );
});

test('a Status of the server is what the error says', () => {
  const status = { ...failure, message: 'leases "a" not found', reason: 'NotFound', code: 404 };
  const error = answerError(answer(404, status), { method: 'GET' });
  assert.equal(error?.message, 'leases "a" not found');
  assert.equal(error?.reason, 'NotFound');
  assert.equal(error?.code, 404);
  // A Status of failure in an answer of success.
  assert.equal(
    answerError(answer(200, { ...failure, reason: 'Expired', code: 410 }), { method: 'GET' })?.code,
    410,
  );
  // An object that has a Status in it, and a Status that is none.
  assert.equal(answerError(answer(200, { kind: 'Pod', note: '"Status"' }), { method: 'GET' }), undefined);
  assert.equal(answerError(answer(500, '{"kind":"Status"'), { method: 'GET' })?.reason, 'InternalError');
});

test('answers without a Status', () => {
  const asked: Asked = { method: 'PUT', resource: leases, name: 'a' };
  const html = { 'content-type': 'text/html' };
  const cases: [answer: Answer, asked: Asked, reason: string, message: RegExp][] = [
    [
      answer(400, ''),
      asked,
      'BadRequest',
      /^the server rejected our request.*\(put leases.coordination.k8s.io a\)$/,
    ],
    [answer(401, 'no'), asked, 'Unauthorized', /has asked for the client to provide credentials/],
    [answer(403, ' not you\n'), { method: 'GET' }, 'Forbidden', /^not you$/],
    [answer(404, '404 page not found'), asked, 'NotFound', /could not find the requested resource/],
    [answer(405, ''), asked, 'MethodNotAllowed', /does not allow this method/],
    [answer(406, 'json only'), { method: 'GET' }, 'NotAcceptable', /^json only$/],
    [answer(409, ''), asked, 'Conflict', /reported a conflict/],
    [answer(409, ''), { method: 'POST', resource: leases }, 'AlreadyExists', /conflict \(post leases.coord/],
    [answer(415, 'no yaml'), { method: 'GET' }, 'UnsupportedMediaType', /^no yaml$/],
    [answer(422, ''), asked, 'Invalid', /due to an error in our request/],
    [answer(429, ''), asked, 'TooManyRequests', /too many requests/],
    [
      answer(500, '<b>x</b>', html),
      asked,
      'InternalError',
      /an error on the server \("<b>x<\/b>"\) has prevented/,
    ],
    [
      answer(502, 'x', { 'content-type': 'image/png' }),
      asked,
      'InternalError',
      /an error on the server \("unknown"\)/,
    ],
    [answer(503, ''), asked, 'ServiceUnavailable', /currently unable to handle/],
    [answer(504, ''), asked, 'Timeout', /may still be processing/],
    [answer(418, ''), asked, 'Unknown', /responded with the status code 418/],
    [
      answer(302, '', { location: 'https://elsewhere/' }),
      asked,
      'Unknown',
      /status code 302.*redirects are not followed: https:\/\/elsewhere\//,
    ],
  ];
  for (const [given, question, reason, message] of cases) {
    const error = answerError(given, question);
    assert.equal(error?.reason, reason);
    assert.equal(error?.code, given.code);
    assert.match(error?.message ?? '', message);
  }
  const long = answerError(answer(500, 'x'.repeat(100_000)), { method: 'GET' });
  assert.ok((long?.message.length ?? 0) < 3000);
});

test('when to ask again', () => {
  const cases: [code: number, value: string | undefined, seconds: number | undefined][] = [
    [429, '1', 1],
    [503, '30', 30],
    [500, '0', 0],
    [429, undefined, undefined],
    [429, 'Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    [429, '-1', undefined],
    [404, '1', undefined],
    [200, '1', undefined],
  ];
  for (const [code, value, seconds] of cases) {
    assert.equal(retryAfterSeconds({ code, headers: { 'retry-after': value } }), seconds, `${code} ${value}`);
  }
  assert.equal(answerError(answer(429, '', { 'retry-after': '2' }), { method: 'GET' })?.retryAfterMs, 2000);
});
