import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAddress, newBridge, newRoute, newVeth, setHairpin, setMac } from './make-links.ts';

const hex = ({ payload }: { payload: Buffer }): string => payload.toString('hex');
const up = '0100000001000000';

test('a bridge', () => {
  const { type, flags, payload } = newBridge({ name: 'br0', mtu: 1400 });
  assert.deepEqual([type, flags], [16, 0x605]);
  assert.equal(
    payload.toString('hex'),
    `0000000000000000${up}` +
      '0800030062723000' +
      '0800040078050000' +
      '10001280' +
      '0b00010062726964676500' +
      '00',
  );
});

test('a pair: one end up and in the bridge, the other in a namespace', () => {
  const pair = newVeth({ name: 'veth1', bridge: 7, peer: { name: 'eth0', namespace: 9 } });
  assert.equal(
    hex(pair),
    `0000000000000000${up}` +
      '0a0003007665746831000000' +
      '08000a0007000000' +
      '3c001280' +
      '090001007665746800000000' +
      '2c000280' +
      '28000100' +
      '00000000000000000000000000000000' +
      '090003006574683000000000' +
      '08001c0009000000',
  );
});

test('hairpin mode is the mode of a port of a bridge', () => {
  assert.equal(hex(setHairpin(3)), '07000000030000000000000000000000' + '0c000c80' + '0500040001000000');
});

test('a hardware address', () => {
  assert.equal(
    hex(setMac(3, '0a:00:00:00:00:01')),
    '00000000030000000000000000000000' + '0a0001000a00000000010000',
  );
});

test('an address with its broadcast address', () => {
  assert.equal(
    hex(newAddress(3, '10.88.1.2/16')),
    '0210000003000000' + '080002000a580102' + '080001000a580102' + '080004000a58ffff',
  );
  assert.equal(
    hex(newAddress(3, '10.88.1.2/32')),
    '0220000003000000' + '080002000a580102' + '080001000a580102',
  );
  assert.throws(() => newAddress(3, 'fd00::1/64'), /not an IPv4 network/);
});

test('a route by a gateway, and one on the link', () => {
  assert.equal(
    hex(newRoute(3, { dst: '0.0.0.0/0', gateway: '10.88.0.1' })),
    '02000000fe03000100000000' + '0800010000000000' + '0800040003000000' + '080005000a580001',
  );
  assert.equal(
    hex(newRoute(3, { dst: '10.0.0.0/8' })),
    '02080000fe03fd0100000000' + '080001000a000000' + '0800040003000000',
  );
});
