import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressKind, addressKind, literalAddress, mayLeadTo } from './addresses.ts';

test('addresses are of five kinds, whatever form they are written in', () => {
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
    ['100.100.100.200', 'link-local'],
    ['168.63.129.16', 'link-local'],
    ['192.0.0.192', 'link-local'],
    ['192.0.0.1', 'reserved'],
    ['fd00:ec2::253', 'link-local'],
    ['fd20:ce::254', 'link-local'],
    ['224.0.0.251', 'reserved'],
    ['239.1.1.1', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['ff02::1', 'reserved'],
    ['ff02::1%eth0', 'reserved'],
    ['100::1', 'reserved'],
    ['198.18.0.1', 'private'],
    ['198.20.0.1', 'public'],
    ['203.0.113.1', 'private'],
    ['fec0::1', 'private'],
    // IPv4-compatible, -mapped and -translated.
    ['::10.0.0.1', 'private'],
    ['::7f00:1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'link-local'],
    ['::ffff:0:127.0.0.1', 'loopback'],
    ['::ffff:1.1.1.1', 'public'],
    // NAT64, with the well-known prefix and with a network's own.
    ['64:ff9b::169.254.169.254', 'link-local'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::192.0.0.192', 'link-local'],
    ['64:ff9b::1.1.1.1', 'public'],
    ['64:ff9b:1::169.254.169.254', 'link-local'],
    ['64:ff9b:1:fffe::1.1.1.1', 'public'],
    ['64:ff9b:1:a9fe:a9:fe00::', 'link-local'],
    ['64:ff9b:1:0:a:1:200:0', 'private'],
    // 6to4 and Teredo.
    ['2002:a9fe:a9fe::1', 'link-local'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:c0a8:1::1', 'private'],
    ['2002:101:101::1', 'public'],
    ['2001:0:101:101:0:0:5601:5601', 'link-local'],
    ['2001:0:a00:1::fefe:fefe', 'private'],
    ['2001:0:101:101::fefe:fefe', 'public'],
    ['2001:470::1', 'public'],
    ['no address', 'public'],
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
    ['127.0.0.1', '224.0.0.1', false],
    ['10.0.0.1', '168.63.129.16', false],
    ['unknown', '10.0.0.1', false],
    ['unknown', '1.1.1.1', true],
  ];
  for (const [from, to, allowed] of cases) assert.equal(mayLeadTo(from, to), allowed, `${from} to ${to}`);
  assert.equal(literalAddress(new URL('http://[::1]:80/')), '::1');
  assert.equal(literalAddress(new URL('http://2130706433/')), '127.0.0.1');
  assert.equal(literalAddress(new URL('http://localhost/')), undefined);
});
