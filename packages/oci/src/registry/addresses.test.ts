import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressKind, addressKind, literalAddress, mayLeadTo } from './addresses.ts';

test('addresses are of four kinds', () => {
  const cases: [address: string, kind: AddressKind][] = [
    ['127.0.0.1', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fd00:ec2::254', 'link-local'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['93.184.216.34', 'public'],
    ['2606:4700::1', 'public'],
  ];
  for (const [address, kind] of cases) assert.equal(addressKind(address), kind, address);
});

test('a server leads no further inwards than where it is', () => {
  const cases: [from: string, to: string, allowed: boolean][] = [
    ['93.184.216.34', '1.1.1.1', true],
    ['93.184.216.34', '10.0.0.1', false],
    ['93.184.216.34', '127.0.0.1', false],
    ['93.184.216.34', '169.254.169.254', false],
    ['10.0.0.1', '192.168.0.1', true],
    ['10.0.0.1', '::1', false],
    ['10.0.0.1', '169.254.169.254', false],
    ['127.0.0.1', '10.0.0.1', true],
    ['127.0.0.1', '::1', true],
    ['127.0.0.1', '169.254.169.254', false],
  ];
  for (const [from, to, allowed] of cases) assert.equal(mayLeadTo(from, to), allowed, `${from} to ${to}`);
  assert.equal(literalAddress(new URL('http://[::1]:80/')), '::1');
  assert.equal(literalAddress(new URL('http://2130706433/')), '127.0.0.1');
  assert.equal(literalAddress(new URL('http://localhost/')), undefined);
});
