import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Reach, reachOf } from './reach.ts';

const cases: [problem: string | undefined, reach: Reach][] = [
  [undefined, 'open'],
  ['EACCES', 'forbidden'],
  ['EPERM', 'forbidden'],
  ['ENOENT', 'absent'],
  ['ECONNREFUSED', 'absent'],
];
for (const [problem, reach] of cases) {
  test(`${problem ?? 'a connection'}: ${reach}`, () => assert.equal(reachOf(problem), reach));
}
