import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fnv128a } from './fnv128.ts';

// The vectors of Go's hash/fnv.
for (const [text, hash] of [
  ['', '6c62272e07bb014262b821756295c58d'],
  ['a', 'd228cb696f1a8caf78912b704e4a8964'],
  ['ab', '08809544bbab1be95aa0733055b69a62'],
  ['abc', 'a68d622cec8b5822836dbc7977af7f3b'],
] as const) {
  test(`the hash of "${text}" is ${hash}`, () => assert.equal(fnv128a(text), hash));
}
