import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageDecoder, maskedFrame, opcode, WebSocketError } from './client-frames.ts';

/** A server's frame. */
function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header =
    length < 126
      ? [first, length]
      : length <= 0xffff
        ? [first, 126, length >> 8, length & 255]
        : [first, 127, 0, 0, 0, 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
  return Buffer.concat([Buffer.from(header), payload]);
}

function decode(bytes: Buffer, step: number): string[] {
  const decoder = new MessageDecoder();
  const told: string[] = [];
  for (let at = 0; at < bytes.length; at += step)
    for (const { code, payload } of decoder.push(bytes.subarray(at, at + step)))
      told.push(`${code} ${payload.length > 20 ? payload.length : payload}`);
  return told;
}

test('messages, whole and in fragments with a ping between, however the bytes arrive', () => {
  const bytes = Buffer.concat([
    frame(0x82, Buffer.from('one')),
    frame(0x02, Buffer.from('tw')),
    frame(0x89, Buffer.from('ping')),
    frame(0x80, Buffer.from('o')),
    frame(0x81, Buffer.alloc(0)),
    frame(0x82, Buffer.alloc(300)),
    frame(0x88, Buffer.alloc(0)),
  ]);
  for (const step of [1, 2, 3, 7, bytes.length]) {
    assert.deepEqual(decode(bytes, step), ['2 one', '9 ping', '2 two', '1 ', '2 300', '8 ']);
  }
  assert.deepEqual(decode(frame(0x82, Buffer.alloc(70_000)), 1000), ['2 70000']);
});

for (const [what, bytes, message] of [
  ['reserved bits', [0xc2, 0], /reserved/],
  ['a mask', [0x82, 0x80], /masked/],
  ['a continuation of nothing', [0x80, 0], /continuation/],
  ['a message in a message', [0x02, 0, 0x82, 0], /within/],
  ['a long ping', [0x89, 126, 0, 200], /control frame/],
  ['a ping in fragments', [0x09, 0], /control frame/],
  ['an unknown opcode', [0x83, 0], /opcode 3/],
  ['a message in endless empty fragments', [0x02, 0, ...Array(2 * 1025).fill(0)], /too many fragments/],
  ['a message of 4 GiB', [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], /too long/],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => decode(Buffer.from(bytes), 100),
      (error) => error instanceof WebSocketError && message.test(error.message),
    );
  });
}

test('a frame is masked, and a server that unmasks it finds the payload', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    const payload = Buffer.alloc(length, 'payload');
    const masked = maskedFrame(opcode.binary, payload);
    assert.equal(masked[0], 0x82);
    assert.equal((masked[1] ?? 0) & 0x80, 0x80);
    const start = masked.length - length;
    const mask = masked.subarray(start - 4, start);
    const plain = masked.subarray(start).map((byte, index) => byte ^ (mask[index & 3] ?? 0));
    assert.deepEqual(Buffer.from(plain), payload);
  }
});
