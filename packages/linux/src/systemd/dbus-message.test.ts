import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DbusWriter, decodeMessage, encodeCall, messageType } from './dbus-message.ts';

test('a call as the specification has it on the wire', () => {
  const call = encodeCall(
    {
      path: '/o',
      interface: 'a.b',
      member: 'M',
      signature: 's',
      body: (body) => body.string('hi'),
    },
    7,
  );
  const header = [0x6c, 1, 0, 1, 7, 0, 0, 0, 7, 0, 0, 0];
  assert.deepEqual([...call.subarray(0, 12)], header);
  assert.equal(call.length % 8, 7, 'the header is padded to 8, the body is not');
  assert.equal(call.subarray(-7).toString('latin1'), '\x02\0\0\0hi\0');
  const decoded = decodeMessage(call);
  assert.deepEqual(decoded, {
    length: call.length,
    message: { type: messageType.call, member: 'M', errorName: '', replySerial: 0, body: ['hi'] },
  });
});

test('a message that has come in part is waited for', () => {
  const call = encodeCall({ path: '/', interface: 'a.b', member: 'M', signature: '', body: () => {} }, 1);
  for (let length = 0; length < call.length; length++) {
    assert.equal(decodeMessage(call.subarray(0, length)), undefined);
  }
  assert.equal(decodeMessage(Buffer.concat([call, call]))?.length, call.length);
});

test('variants: type, padding, value', () => {
  const bytes = (write: (writer: DbusWriter) => void) => {
    const writer = new DbusWriter();
    write(writer);
    return [...writer.bytes()];
  };
  assert.deepEqual(
    bytes((writer) => writer.variant({ signature: 't', value: 1n })),
    [1, 0x74, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(
    bytes((writer) => writer.variant({ signature: 'ay', value: Uint8Array.of(5) })),
    [2, 0x61, 0x79, 0, 1, 0, 0, 0, 5],
  );
  assert.deepEqual(
    bytes((writer) => writer.variant({ signature: 'b', value: true })),
    [1, 0x62, 0, 0, 1, 0, 0, 0],
  );
  // The length of an array leaves out the padding before its first element.
  assert.deepEqual(
    bytes((writer) => writer.array(8, [9n], (each) => writer.uint64(each))),
    [8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0],
  );
});

test('hostile messages are refused', () => {
  const call = encodeCall({ path: '/', interface: 'a.b', member: 'M', signature: '', body: () => {} }, 1);
  const bigEndian = Buffer.from(call);
  bigEndian[0] = 'B'.charCodeAt(0);
  assert.throws(() => decodeMessage(bigEndian), /big-endian/);
  const huge = Buffer.from(call);
  huge.writeUInt32LE(0xffffffff, 4);
  assert.throws(() => decodeMessage(huge), /4294967/);
});
