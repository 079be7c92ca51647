import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnusableStrings } from './unusable-strings.ts';

const refused: [value: unknown, message: RegExp][] = [
  ['a\0b', /^config: "a\\u0000b" has a NUL byte/],
  [{ metadata: { name: '\0' } }, /^config\.metadata\.name: /],
  [{ linux: { cgroupParent: 'x\0' } }, /^config\.linux\.cgroup_parent: /],
  [{ command: ['a', '\0'] }, /^config\.command\[1\]: /],
  [{ command: ['a'.repeat(131_073)] }, /^config\.command\[0\]: is 131073 bytes long; at most 131072/],
  [{ envs: [{ key: 'a', value: Buffer.alloc(131_073) }] }, /^config\.envs\[0\]\.value: is 131073 bytes/],
  [{ linux: { sysctls: { ['a'.repeat(131_073)]: '1' } } }, /^config\.linux\.sysctls: is 131073 bytes/],
  [
    { linux: { cgroupParent: '/a'.repeat(2048) } },
    /^config\.linux\.cgroup_parent: is 4096 bytes long; at most 4095/,
  ],
  [{ mounts: [{ hostPath: '/a'.repeat(2048) }] }, /^config\.mounts\[0\]\.host_path: is 4096 bytes/],
  [{ labels: { 'a\0': 'x' } }, /^config\.labels: the key "a\\u0000" has/],
];

for (const [value, message] of refused) {
  test(`what is no path, argument or variable: ${message}`, () =>
    assert.throws(() => refuseUnusableStrings(value, 'config'), { criCode: 'INVALID_ARGUMENT', message }));
}

test('other values are taken', () => {
  refuseUnusableStrings(
    { a: 'x', b: 1, c: 1n, d: null, e: undefined, f: [true], g: Buffer.from([0]) },
    'config',
  );
  refuseUnusableStrings(
    { annotations: { a: 'x'.repeat(200_000) }, command: ['x'.repeat(131_072)] },
    'config',
  );
});
