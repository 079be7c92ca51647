import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeaders, encodeHeaders } from './hpack.ts';
import { huffmanDecode } from './huffman.ts';

test('the Huffman code is that of RFC 7541, appendix C', () => {
  for (const [coded, text] of [
    ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
    ['a8eb10649cbf', 'no-cache'],
    ['25a849e95ba97d7f', 'custom-key'],
    ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com'],
    ['', ''],
  ] as const) {
    assert.equal(huffmanDecode(Buffer.from(coded, 'hex')).toString(), text);
  }
  assert.throws(() => huffmanDecode(Buffer.from('ffffffff', 'hex')), /code of its end|within a code/);
  assert.throws(() => huffmanDecode(Buffer.from('00fe', 'hex')), /within a code/);
});

test('headers survive the way out and back, whatever their length', () => {
  const headers = { ':path': '/runtime.v1.RuntimeService/Version', te: 'trailers', x: 'y'.repeat(20_000) };
  assert.deepEqual(Object.fromEntries(decodeHeaders(encodeHeaders(headers))), headers);
});

test('every form of a header is read but those that need a memory', () => {
  const decode = (text: string) => [...decodeHeaders(Buffer.from(text.replaceAll(' ', ''), 'hex'))];
  // The table is made empty, then: an indexed header, an indexed name with a plain and with a coded value,
  // names of their own, one never to be indexed, one to be remembered.
  assert.deepEqual(decode('20 88 0f10 0161 0f11 86a8eb10649cbf 00 0162 0163 10 0164 0165 40 0166 0167'), [
    [':status', '200'],
    ['content-type', 'a'],
    ['cookie', 'no-cache'],
    ['b', 'c'],
    ['d', 'e'],
    ['f', 'g'],
  ]);
  for (const [block, problem] of [
    ['be', /no header with index 62/],
    ['80', /no header with index 0/],
    ['3f01', /dynamic header table/],
    ['00 05 61', /ends too early/],
    ['0f', /ends too early/],
    ['0f ffffffffffff', /too large/],
  ] as const) {
    assert.throws(() => decode(block), problem, block);
  }
});
