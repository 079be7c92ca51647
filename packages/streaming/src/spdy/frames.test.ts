import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameDecoder, SpdyError } from './frame-decoder.ts';
import { encodeControlFrame, encodeDataHeader, type Frame } from './frames.ts';
import { HeaderDecompressor } from './header-block.ts';

/** What moby/spdystream v0.5.1 writes, in this order on one connection, and what it means. */
const goFrames: [string, Frame, Record<string, string>?][] = [
  [
    '80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff',
    synStream(1, 0, false),
    { streamtype: 'error' },
  ],
  [
    '800300010000001700000003000000000000c22e555c92929907000000ffff',
    synStream(3, 0, false),
    { streamtype: 'stdin' },
  ],
  [
    '800300010100001c00000005000000006000824ab114e41781338885818501000000ffff',
    synStream(5, 3, true),
    { port: '8080' },
  ],
  [
    '800300020000000e000000016260606000000000ffff',
    { type: 'SYN_REPLY', streamId: 1, fin: false, block: none() },
    {},
  ],
  [
    '800300080000001300000001828a3382b20973124332000000ffff',
    { type: 'HEADERS', streamId: 1, fin: false, block: none() },
    { a: 'b' },
  ],
  ['80030003000000080000000500000005', { type: 'RST_STREAM', streamId: 5, status: 5 }],
  [
    '80030004000000140000000201000007000400000000000400000064',
    {
      type: 'SETTINGS',
      settings: [
        { id: 7, flags: 1, value: 262144 },
        { id: 4, flags: 0, value: 100 },
      ],
    },
  ],
  ['800300060000000400000007', { type: 'PING', id: 7 }],
  ['80030007000000080000000300000001', { type: 'GOAWAY', lastGoodStreamId: 3, status: 1 }],
  ['80030009000000080000000300010000', { type: 'WINDOW_UPDATE', streamId: 3, delta: 65536 }],
  ['000000030000000568656c6c6f', { type: 'DATA', streamId: 3, fin: false, data: Buffer.from('hello') }],
  ['0000000301000000', { type: 'DATA', streamId: 3, fin: true, data: none() }],
];

function none(): Buffer {
  return Buffer.alloc(0);
}

function synStream(streamId: number, priority: number, fin: boolean): Frame {
  const block = none();
  return { type: 'SYN_STREAM', streamId, associatedTo: 0, priority, fin, unidirectional: false, block };
}

test("Go's frames are understood", () => {
  const decoder = new FrameDecoder();
  const decompressor = new HeaderDecompressor();
  for (const [hex, expected, headers] of goFrames) {
    const [frame, ...more] = decoder.push(Buffer.from(hex, 'hex'));
    assert.ok(frame !== undefined && more.length === 0);
    if ('block' in frame) {
      assert.deepEqual(Object.fromEntries(decompressor.decompress(frame.block)), headers);
      assert.deepEqual({ ...frame, block: none() }, expected);
    } else {
      assert.deepEqual(frame, expected);
    }
  }
});

test('frames are written as Go writes them', () => {
  for (const [hex, expected] of goFrames) {
    const [frame] = new FrameDecoder().push(Buffer.from(hex, 'hex'));
    assert.ok(frame !== undefined, expected.type);
    const bytes =
      frame.type === 'DATA'
        ? Buffer.concat([encodeDataHeader(frame.streamId, frame.fin, frame.data.length), frame.data])
        : encodeControlFrame(frame);
    assert.equal(bytes.toString('hex'), hex, expected.type);
  }
});

test('frames that come byte by byte are put together, payloads handed on at once', () => {
  const bytes = Buffer.from(goFrames.map(([hex]) => hex).join(''), 'hex');
  const decoder = new FrameDecoder();
  const frames = Array.from(bytes, (byte) => [...decoder.push(Buffer.from([byte]))]).flat();
  const hello = 'hello'.length;
  assert.equal(frames.length, goFrames.length - 1 + hello);
  const data = frames.flatMap((frame) => (frame.type === 'DATA' ? [frame] : []));
  assert.equal(Buffer.concat(data.map((frame) => frame.data)).toString(), 'hello');
  assert.deepEqual(
    data.map(({ fin }) => fin),
    [false, false, false, false, false, true],
  );
});

test('a frame of a type that SPDY/3.1 does not know is passed over', () => {
  const frames = [
    ...new FrameDecoder().push(Buffer.from('8003000a000000020000800300060000000400000007', 'hex')),
  ];
  assert.deepEqual(frames, [{ type: 'PING', id: 7 }]);
});

for (const [what, hex] of [
  ['SPDY/2', '800200060000000400000001'],
  ['data for stream 0', '0000000000000001aa'],
  ['SYN_STREAM without its fixed part', '80030001000000040000000a'],
  ['SYN_STREAM for stream 0', '800300010000000a00000000000000000000'],
  ['a control frame of 16 MiB', '8003000100ffffff00000000'],
  ['a short RST_STREAM', '800300030000000400000001'],
  ['a long PING', '80030006000000080000000100000001'],
  ['SETTINGS with too few settings', '800300040000000c000000020000000700000001'],
  ['SETTINGS with four billion settings', '8003000400000004ffffffff'],
  ['a short GOAWAY', '800300070000000400000001'],
  ['a short WINDOW_UPDATE', '800300090000000400000001'],
] as const) {
  test(`refused: ${what}`, () =>
    assert.throws(() => [...new FrameDecoder().push(Buffer.from(hex, 'hex'))], SpdyError));
}
