import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseNulBytes } from './nul-bytes.ts';

const refused: [value: unknown, message: RegExp][] = [
  ['a\0b', /^config: "a\\u0000b" has a NUL byte/],
  [{ metadata: { name: '\0' } }, /^config\.metadata\.name: /],
  [{ linux: { cgroupParent: 'x\0' } }, /^config\.linux\.cgroup_parent: /],
  [{ command: ['a', '\0'] }, /^config\.command\[1\]: /],
  [{ labels: { 'a\0': 'x' } }, /^config\.labels: the key "a\\u0000" has/],
];

for (const [value, message] of refused) {
  test(`NUL bytes: ${message}`, () =>
    assert.throws(() => refuseNulBytes(value, 'config'), { criCode: 'INVALID_ARGUMENT', message }));
}

test('other values are taken', () => {
  refuseNulBytes({ a: 'x', b: 1, c: 1n, d: null, e: undefined, f: [true], g: Buffer.from([0]) }, 'config');
});
