import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';
import { SpdyError } from './frame-decoder.ts';
import { decodeHeaders, encodeHeaders, HeaderCompressor, HeaderDecompressor } from './header-block.ts';

test("the dictionary is the specification's", () => {
  const digest = createHash('sha256').update(headerDictionary).digest('hex');
  assert.equal(digest, '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02');
});

test('blocks of one connection, more of them than the window holds', () => {
  const [compressor, decompressor] = [new HeaderCompressor(), new HeaderDecompressor()];
  for (let index = 0; index < 600; index++) {
    const headers = [
      ['streamType', 'data'],
      ['port', '8080'],
      ['requestID', `${index}`],
      ['é', 'ü'.repeat(index % 50)],
    ] as const;
    const expected = headers.map(([name, value]) => [name.toLowerCase(), value]);
    assert.deepEqual([...decompressor.decompress(compressor.compress(headers))], expected);
  }
});

test('of several values the first counts', () => {
  assert.equal(decodeHeaders(encodeHeaders([['a', 'b\0c']])).get('a'), 'b');
});

test('of headers that nobody asks for nothing is kept', () => {
  const block = encodeHeaders([
    ['streamType', 'data'],
    ['x-large', 'x'.repeat(10_000)],
  ]);
  assert.deepEqual([...decodeHeaders(block, new Set(['streamtype']))], [['streamtype', 'data']]);
});

test('a stream without the dictionary', () => {
  const block = deflateSync(encodeHeaders([['a', 'b']]), { finishFlush: constants.Z_SYNC_FLUSH });
  assert.equal(new HeaderDecompressor().decompress(block).get('a'), 'b');
});

const zlib = (body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('78f9e3c6a7c2', 'hex'),
    deflateRawSync(body, { dictionary: headerDictionary, finishFlush: constants.Z_SYNC_FLUSH }),
  ]);

for (const [what, block] of [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([0x78])],
  ['no zlib', Buffer.from('00000000000000', 'hex')],
  ['another dictionary', Buffer.from('78f90000000000000000ffff', 'hex')],
  ['broken deflate', Buffer.from('78f9e3c6a7c2ffffffff', 'hex')],
  ['a bomb', zlib(Buffer.alloc(50_000_000))],
  ['no count', zlib(Buffer.alloc(2))],
  ['more headers than there are', zlib(Buffer.from('00000002', 'hex'))],
  ['a header of 16 KiB', zlib(encodeHeaders([['x', 'y'.repeat(16 * 1024)]]))],
  ['a hundred headers', zlib(encodeHeaders(Array.from({ length: 100 }, (_, index) => [`x${index}`, ''])))],
  ['a port of 300 digits', zlib(encodeHeaders([['port', '1'.repeat(300)]]))],
  ['too many headers', zlib(Buffer.from('ffffffff', 'hex'))],
  ['a name of four GiB', zlib(Buffer.from('00000001ffffffff61', 'hex'))],
  ['no name', zlib(encodeHeaders([['', 'x']]))],
  ['an upper-case name', zlib(Buffer.from('00000001000000014100000000', 'hex'))],
  [
    'a name twice',
    zlib(
      encodeHeaders([
        ['a', 'x'],
        ['a', 'y'],
      ]),
    ),
  ],
  ['more than its headers', zlib(Buffer.concat([encodeHeaders([['a', 'x']]), Buffer.alloc(1)]))],
] as const) {
  test(`refused: ${what}`, () => assert.throws(() => new HeaderDecompressor().decompress(block), SpdyError));
}
