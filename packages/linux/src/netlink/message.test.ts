import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAddress } from './addresses.ts';
import { decodeLink, encodeLinkUp } from './links.ts';
import {
  type Attribute,
  decodeAttributes,
  decodeMessages,
  decodeString,
  encodeAttributes,
  encodeMessage,
  encodeString,
  type NetlinkMessage,
} from './message.ts';
import { decodeRoute, defaultRouteFamilies } from './routes.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const answer = (structure: string, attributes: readonly Attribute[]): NetlinkMessage => ({
  type: 0,
  flags: 0,
  sequence: 0,
  payload: Buffer.concat([hex(structure), encodeAttributes(attributes)]),
});

test('a message is its header, its payload and padding', () => {
  const message = { type: 0x0a03, flags: 5, sequence: 7, payload: hex('0102030405') };
  const bytes = encodeMessage(message);
  assert.equal(
    bytes.toString('hex'),
    '15000000' + '030a' + '0500' + '07000000' + '00000000' + '0102030405' + '000000',
  );
  assert.deepEqual(decodeMessages(Buffer.concat([bytes, bytes])), [message, message]);
});

test('attributes nest and are padded', () => {
  const attributes = encodeAttributes([
    [1, hex('aa')],
    [2, [[3, encodeString('lo')]]],
  ]);
  assert.equal(attributes.toString('hex'), '05000100aa000000' + '0c000280' + '070003006c6f0000');
  const decoded = decodeAttributes(attributes);
  assert.deepEqual(decoded.get(1), hex('aa'));
  assert.equal(
    decodeString(decodeAttributes(decoded.get(2) ?? Buffer.alloc(0)).get(3) ?? Buffer.alloc(0)),
    'lo',
  );
});

for (const [name, bytes] of [
  ['a header cut short', '10000000'],
  ['a length beyond the end', '20000000 0000 0000 00000000 00000000'],
  ['a length of nothing', '00000000 0000 0000 00000000 00000000'],
] as const) {
  test(`${name} is refused`, () => assert.throws(() => decodeMessages(hex(bytes)), /cut short/));
}

test('an attribute beyond the end is refused', () => {
  assert.throws(() => decodeAttributes(hex('0900010000000000')), /cut short/);
  assert.throws(() => decodeAttributes(hex('0000010000000000')), /cut short/);
});

test('a request to bring a link up', () => {
  assert.equal(
    encodeLinkUp('lo').toString('hex'),
    '0000000000000000' + '01000000' + '01000000' + '070003006c6f0000',
  );
});

test('a link', () => {
  const link = decodeLink(
    answer('00 00 0100 05000000 43000000 00000000', [
      [3, encodeString('veth0')],
      [1, hex('0a0000000001')],
      [4, hex('dc050000')],
      [5, hex('02000000')],
      [10, hex('03000000')],
      [16, hex('06')],
      [18, [[1, encodeString('veth')]]],
    ]),
  );
  assert.deepEqual(link, {
    index: 5,
    name: 'veth0',
    up: true,
    running: true,
    operational: true,
    loopback: false,
    mtu: 1500,
    mac: '0a:00:00:00:00:01',
    kind: 'veth',
    master: 3,
    peer: 2,
  });
});

test('addresses', () => {
  assert.deepEqual(
    decodeAddress(
      answer('02 18 80 00 04000000', [
        [1, hex('0a000001')],
        [2, hex('0a000002')],
      ]),
    ),
    { linkIndex: 4, family: 4, address: '10.0.0.2', prefixLength: 24, scope: 'global', tentative: false },
  );
  assert.deepEqual(
    decodeAddress(
      answer('0a 40 c0 fd 04000000', [
        [1, hex('fe800000000000000000000000000001')],
        [8, hex('c0000000')],
      ]),
    ),
    { linkIndex: 4, family: 6, address: 'fe80::1', prefixLength: 64, scope: 'link', tentative: true },
  );
  assert.equal(decodeAddress(answer('1c 00 00 00 01000000', [])), undefined);
});

test('routes', () => {
  const main = decodeRoute(
    answer('02 00 00 00 fe 03 00 01 00000000', [
      [5, hex('c0000201')],
      [4, hex('04000000')],
    ]),
  );
  assert.deepEqual(main, {
    family: 4,
    destination: 'default',
    gateway: '192.0.2.1',
    linkIndex: 4,
    metric: 0,
  });
  const network = decodeRoute(
    answer('0a 40 00 00 fe 02 00 01 00000000', [
      [1, hex('fd000000000000000000000000000000')],
      [6, hex('00010000')],
    ]),
  );
  assert.deepEqual(network, { family: 6, destination: 'fd00::/64', metric: 256 });
  assert.equal(decodeRoute(answer('02 20 00 00 ff 02 00 02 00000000', [])), undefined);
  assert.equal(decodeRoute(answer('02 00 00 00 fe 03 00 07 00000000', [])), undefined);
  assert.ok(main && network);
  assert.deepEqual(defaultRouteFamilies([main, network]), new Set([4]));
});
