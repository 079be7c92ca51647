import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDetails, FrameReader, frameMessage, timeoutHeader } from './grpc-frames.ts';

test('messages come out whole however the chunks are cut', () => {
  const messages = [Buffer.from('one'), Buffer.alloc(0), Buffer.from('three'), Buffer.alloc(300, 7)];
  const bytes = Buffer.concat(messages.map(frameMessage));
  for (const size of [1, 2, 4, 5, 6, 7, 100, bytes.length]) {
    const reader = new FrameReader();
    const read: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(bytes.subarray(at, at + size)));
    assert.deepEqual(read.map(String), messages.map(String), `chunks of ${size}`);
    assert.equal(reader.isEmpty, true);
  }
});

test('too long and compressed messages are refused', () => {
  assert.throws(() => new FrameReader(10).push(frameMessage(Buffer.alloc(11))), {
    code: 'RESOURCE_EXHAUSTED',
  });
  assert.throws(() => new FrameReader().push(Buffer.from([1, 0, 0, 0, 0])), { code: 'INTERNAL' });
});

test('deadlines fit the eight digits of grpc-timeout', () => {
  const cases: [number, string][] = [
    [0, '1m'],
    [1500, '1500m'],
    [0.2, '1m'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
  ];
  for (const [milliseconds, header] of cases) assert.equal(timeoutHeader(milliseconds), header);
});

test('details are percent-decoded, broken ones are kept', () => {
  assert.equal(decodeDetails('can%27t find %22%C3%A9%22'), 'can\'t find "é"');
  assert.equal(decodeDetails('100%'), '100%');
});
