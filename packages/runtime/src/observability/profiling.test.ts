import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileSeconds } from './profiling.ts';

const cases: [text: string | null, seconds: number | undefined][] = [
  [null, 30],
  ['5', 5],
  ['0.5', 0.5],
  ['300', 300],
  ['301', undefined],
  ['0', undefined],
  ['-1', undefined],
  ['', undefined],
  ['long', undefined],
  ['Infinity', undefined],
];

for (const [text, seconds] of cases) {
  test(`seconds=${text}`, () => assert.equal(profileSeconds(text), seconds));
}
