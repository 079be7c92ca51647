import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp, parseIp, parseNetwork, prefixMask } from './ip-address.ts';

const addresses: [text: string, hex: string, canonical?: string][] = [
  ['10.88.0.2', '0a580002'],
  ['255.255.255.255', 'ffffffff'],
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['fd00::2', `fd00${'0'.repeat(27)}2`.slice(0, 32)],
  ['fe80::fc:ff:fe00:1', 'fe8000000000000000fc00fffe000001'],
  ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
  ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
  ['1::', `0001${'0'.repeat(28)}`],
  ['2001:DB8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001', '::ffff:a00:1'],
];

for (const [text, hex, canonical = text] of addresses) {
  test(`address ${text}`, () => {
    const bytes = parseIp(text);
    assert.equal(bytes?.toString('hex'), hex);
    assert.equal(formatIp(bytes ?? Buffer.alloc(0)), canonical);
  });
}

for (const text of ['', '10.0.0', '10.0.0.256', ':::', 'fe80::1%eth0', '1.2.3.4/8', 'host']) {
  test(`${JSON.stringify(text)} is no address`, () => assert.equal(parseIp(text), undefined));
}

test('networks', () => {
  assert.deepEqual(parseNetwork('10.88.0.1/16'), {
    family: 4,
    bytes: Buffer.from([10, 88, 0, 1]),
    prefixLength: 16,
  });
  assert.equal(parseNetwork('fd00::/64')?.family, 6);
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'x/8',
    '10.0.0.0/-1',
    'fd00::/129',
  ]) {
    assert.equal(parseNetwork(text), undefined, text);
  }
});

test('masks', () => {
  assert.deepEqual(
    [0, 1, 20, 32].map((length) => prefixMask(length, 4).toString('hex')),
    ['00000000', '80000000', 'fffff000', 'ffffffff'],
  );
});
