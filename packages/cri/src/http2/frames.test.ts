import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageReader } from '../client/message-reader.ts';
import {
  decodeSettings,
  encodeFrame,
  encodeSettings,
  FrameReader,
  flag,
  frameType,
  unpadded,
} from './frames.ts';

const frames = [
  { type: frameType.data, flags: flag.endStream, stream: 3, payload: Buffer.from('abc') },
  { type: frameType.settings, flags: 0, stream: 0, payload: encodeSettings([[4, 2 ** 31 - 1]]) },
  { type: frameType.ping, flags: 0, stream: 0, payload: Buffer.alloc(8, 1) },
];

test('frames are found wherever what arrives is cut', () => {
  const wire = Buffer.concat(
    frames.map(({ type, flags, stream, payload }) => encodeFrame(type, flags, stream, payload)),
  );
  for (let cut = 0; cut <= wire.length; cut++) {
    const reader = new FrameReader();
    const found = [...reader.read(wire.subarray(0, cut)), ...reader.read(wire.subarray(cut))];
    assert.deepEqual(found, frames);
  }
  assert.throws(() => [...new FrameReader().read(Buffer.from('ffffff000000000001', 'hex'))], /too large/);
});

test('settings, padding and priority', () => {
  assert.deepEqual(decodeSettings(encodeSettings([[1, 0]])), [[1, 0]]);
  assert.throws(() => decodeSettings(Buffer.alloc(7)), /wrong length/);
  const data = { type: frameType.data, flags: flag.padded, stream: 1, payload: Buffer.from('\x02abc\0\0') };
  assert.equal(unpadded(data).toString(), 'abc');
  assert.throws(() => unpadded({ ...data, payload: Buffer.from('\x09abc') }), /smaller than its padding/);
  const headers = {
    ...data,
    type: frameType.headers,
    flags: flag.priority,
    payload: Buffer.from('12345abc'),
  };
  assert.equal(unpadded(headers).toString(), 'abc');
});

test('messages are found wherever data is cut', () => {
  const wire = Buffer.from([0, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3]);
  for (let cut = 0; cut <= wire.length; cut++) {
    const reader = new MessageReader(2);
    const found = [...reader.read(wire.subarray(0, cut)), ...reader.read(wire.subarray(cut))];
    assert.deepEqual(
      found.map((message) => [...message]),
      [[1, 2], [], [3]],
    );
  }
  assert.throws(() => new MessageReader(1).read(wire), {
    code: 'RESOURCE_EXHAUSTED',
    message: /\(2 vs. 1\)$/,
  });
  assert.throws(() => new MessageReader(1).read(Buffer.from([1, 0, 0, 0, 0])), { code: 'INTERNAL' });
});
