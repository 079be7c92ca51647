import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFileName, encodeFileName } from './file-name.ts';

test('every name survives', () => {
  const names = [
    Buffer.from('plain'),
    Buffer.from('ünïcode 😀 \ufffd'),
    Buffer.from([0x61, 0xff, 0x62]),
    Buffer.from([0xc3, 0x28, 0x80, 0xe2, 0x82]),
    Buffer.concat([Buffer.from('😀'), Buffer.from([0xf0, 0x9f]), Buffer.from('é')]),
    Buffer.from([0xed, 0xa0, 0x80]),
  ];
  for (const bytes of names) {
    const encoded = encodeFileName(decodeFileName(bytes));
    assert.deepEqual(Buffer.from(encoded), bytes);
    assert.equal(typeof encoded === 'string', Buffer.from(bytes.toString()).equals(bytes));
  }
});
