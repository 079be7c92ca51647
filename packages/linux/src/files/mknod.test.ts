import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDevice, splitDevice } from './mknod.ts';

for (const [major, minor, device] of [
  [0, 0, 0n],
  [1, 3, 0x103n],
  [8, 300, 0x10082cn],
  [0xfff, 0xff, 0xfffffn],
  [0x12345, 0x6789a, 0x120006783459an],
] as const) {
  test(`device ${major}:${minor}`, () => {
    assert.deepEqual(splitDevice(makeDevice(major, minor)), { major, minor });
    assert.equal(makeDevice(major, minor), device);
  });
}
