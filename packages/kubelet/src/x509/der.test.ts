import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bitString,
  boolean,
  directoryString,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from './der.ts';

const rows: readonly [what: string, encoded: Buffer, hex: string][] = [
  ['a small integer', integer(Buffer.of(2)), '020102'],
  ['an integer with a sign bit', integer(Buffer.of(0x80)), '02020080'],
  ['an integer with leading zeros', integer(Buffer.of(0, 0, 1, 2)), '02020102'],
  ['zero', integer(Buffer.of(0)), '020100'],
  ['true', boolean(true), '0101ff'],
  ['a long arc', oid('1.2.840.113549.1.1.11'), '06092a864886f70d01010b'],
  ['bits that do not count', bitString(Buffer.of(0xa0), 5), '030205a0'],
  ['nothing', sequence(), '3000'],
  ['a printable string', directoryString('a:1'), '1303613a31'],
  ['a string that is not printable', directoryString('a_*'), '0c03615f2a'],
  ['explicit', explicit(3, integer(Buffer.of(1))), 'a303020101'],
  ['implicit', implicit(2, Buffer.from('ab')), '82026162'],
  ['a year of two digits', time(new Date('2049-12-31T23:59:59.9Z')), '170d3439313233313233353935395a'],
  ['a year of four digits', time(new Date('2050-01-01T00:00:00Z')), '180f32303530303130313030303030305a'],
];

for (const [what, encoded, hex] of rows) {
  test(what, () => assert.equal(encoded.toString('hex'), hex));
}

test('lengths in one octet, two and three', () => {
  for (const [length, header] of [
    [0x7f, '047f'],
    [0x80, '048180'],
    [0xff, '0481ff'],
    [0x100, '04820100'],
  ] as const) {
    assert.equal(
      octetString(Buffer.alloc(length))
        .subarray(0, header.length / 2)
        .toString('hex'),
      header,
    );
  }
});
