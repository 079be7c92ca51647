import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unixAddress } from '../sockets/unix-address.ts';

test('a path ends in a zero byte, an abstract name begins with one and has no end', () => {
  assert.deepEqual(unixAddress('/a'), Buffer.from([1, 0, 0x2f, 0x61, 0]));
  assert.deepEqual(unixAddress('@a'), Buffer.from([1, 0, 0, 0x61]));
});
