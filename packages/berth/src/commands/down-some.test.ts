import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isManifest } from './down-some.ts';

for (const [word, is] of [
  ['-', true],
  ['https://example.com/pod', true],
  ['pod.yaml', true],
  ['missing.json', true],
  ['./there', true],
  ['/there', true],
  ['./nowhere', false],
  ['there', false],
  ['hello', false],
  ['default/hello', false],
  ['yaml', false],
] as const) {
  test(`${word} ${is ? 'is a manifest' : 'names a pod'}`, () => {
    assert.equal(
      isManifest(word, (path) => path.endsWith('there')),
      is,
    );
  });
}
