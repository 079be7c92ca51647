import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errnoText, plainMessage } from './errno-text.ts';

const cases: [code: string, text: string | undefined][] = [
  ['EROFS', 'read-only file system'],
  ['ENOSPC', 'no space left on device'],
  ['EINVAL', 'invalid argument'],
  ['EPERM', 'operation not permitted'],
  ['ERR_ASSERTION', undefined],
  ['', undefined],
];
for (const [code, text] of cases) test(`${code}: ${text}`, () => assert.equal(errnoText(code), text));

test('a message has the path and no code', () => {
  assert.throws(
    () => readFileSync('/no/such/file'),
    (error) => plainMessage(error) === '/no/such/file: no such file or directory',
  );
  assert.equal(plainMessage(Object.assign(new Error('connect EPIPE'), { code: 'EPIPE' })), 'broken pipe');
  assert.equal(plainMessage(Object.assign(new Error('as it is'), { code: 'ERR_X' })), 'as it is');
  const refused = { code: 'ECONNREFUSED', address: '10.0.0.1', hint: 'start it' };
  assert.equal(
    plainMessage(Object.assign(new Error('x'), refused)),
    '10.0.0.1: connection refused; start it',
  );
  assert.equal(plainMessage(new Error('as it is')), 'as it is');
  assert.equal(plainMessage('a text'), 'a text');
});
