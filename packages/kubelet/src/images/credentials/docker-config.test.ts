import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDockerConfigJson, parseDockercfg } from './docker-config.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const entry = (registry: string, username: string, password: string, email = '') => ({
  registry,
  username,
  password,
  email,
});

test('config.json has its entries in auths, .dockercfg at the top', () => {
  const auths = {
    'a.example': { auth: base64('user:pass:word') },
    b: { auth: base64('u:p').replaceAll('=', ''), username: 'other' },
    c: { username: 'u', password: 'p', email: 'x@y' },
    d: { Auth: base64('u:p') },
    e: null,
  };
  const entries = [
    entry('a.example', 'user', 'pass:word'),
    entry('b', 'u', 'p'),
    entry('c', 'u', 'p', 'x@y'),
    entry('d', 'u', 'p'),
    entry('e', '', ''),
  ];
  assert.deepEqual(parseDockerConfigJson(JSON.stringify({ auths, credsStore: 'x' })), entries);
  assert.deepEqual(parseDockercfg(JSON.stringify(auths)), entries);
  for (const text of ['{}', 'null', '{"auths":null}']) assert.deepEqual(parseDockerConfigJson(text), []);
});

for (const [text, message] of [
  ['{"hunter2', /^not valid JSON$/],
  ['["hunter2"]', /^the file is not a JSON object$/],
  ['{"auths":"hunter2"}', /^auths is not a JSON object$/],
  ['{"auths":{"a":"hunter2"}}', /^the entry of a is not a JSON object$/],
  ['{"auths":{"a":{"password":["hunter2"]}}}', /^the entry of a: password is not a string$/],
  ['{"auths":{"a":{"auth":"hunter2!"}}}', /^the entry of a: auth: illegal base64 data at input byte 7$/],
  [
    '{"auths":{"a":{"auth":"aHVudGVyMg=="}}}',
    /^the entry of a: unable to parse auth field, must be formatted as/,
  ],
] as const) {
  test(`an error does not quote ${text}`, () => {
    assert.throws(() => parseDockerConfigJson(text), { message });
  });
}
