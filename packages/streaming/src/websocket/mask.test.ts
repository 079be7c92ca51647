import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { applyMask } from './mask.ts';

test('every octet meets its own of the mask, wherever the data begins and ends', () => {
  const memory = randomBytes(64);
  const mask = Buffer.from([0x11, 0x22, 0x44, 0x88]);
  for (let offset = 0; offset < 8; offset++) {
    for (let length = 0; length <= 21; length++) {
      const whole = new Uint8Array(memory);
      applyMask(whole.subarray(offset, offset + length), mask);
      const expected = memory.map((octet, index) => {
        const at = index - offset;
        return at >= 0 && at < length ? octet ^ (mask[at % 4] ?? 0) : octet;
      });
      assert.deepEqual(Buffer.from(whole), Buffer.from(expected), `${length} octets at ${offset}`);
    }
  }
});
