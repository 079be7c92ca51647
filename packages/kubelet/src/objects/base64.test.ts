import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64Problem } from './base64.ts';

for (const [text, at] of [
  ['', undefined],
  ['YQ==', undefined],
  ['YWI=', undefined],
  ['YWJj', undefined],
  ['YW\r\nJj\n', undefined],
  ['YQ', 0],
  ['YWJjYQ', 4],
  ['YQ=', 3],
  ['Y===', 1],
  ['YW-_', 2],
  ['YWJ=x', 4],
  ['YQ==YQ==', 4],
  ['YQ=a', 2],
  ['YWI', 0],
  [' YQ==', 0],
  ['====', 0],
] as const) {
  test(`${JSON.stringify(text)} is ${at === undefined ? '' : 'not '}base64`, () => {
    assert.equal(
      base64Problem(text),
      at === undefined ? undefined : `illegal base64 data at input byte ${at}`,
    );
  });
}
