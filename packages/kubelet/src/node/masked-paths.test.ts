import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpusIn, maskedPaths, nodeMaskedPaths } from './masked-paths.ts';

test('lists of processors', () => {
  assert.deepEqual(cpusIn('0-2,7\n'), [0, 1, 2, 7]);
  assert.deepEqual(cpusIn('0\n'), [0]);
  assert.deepEqual(cpusIn('\n'), []);
});

test('what this machine masks', () => {
  const paths = nodeMaskedPaths();
  assert.deepEqual(paths.slice(0, maskedPaths.length), maskedPaths);
  for (const path of paths.slice(maskedPaths.length)) assert.match(path, /cpu\d+\/thermal_throttle$/);
});
