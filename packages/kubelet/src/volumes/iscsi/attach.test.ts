import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEnough } from './attach.ts';

test('all paths are enough; two are after two attempts, any after five', () => {
  for (const [paths, wanted, attempts, expected] of [
    [0, 1, 0, false],
    [1, 1, 1, true],
    [1, 2, 1, false],
    [1, 2, 4, false],
    [1, 2, 5, true],
    [2, 3, 1, false],
    [2, 3, 2, true],
    [3, 3, 1, true],
  ] as const) {
    assert.equal(isEnough(paths, wanted, attempts), expected, `${paths} of ${wanted} after ${attempts}`);
  }
});
