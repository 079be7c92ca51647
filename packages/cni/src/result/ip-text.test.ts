import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalCidr, canonicalIp } from './ip-text.ts';

// What Go 1.25 prints for net.ParseIP and net.ParseCIDR of each, and `undefined` where they fail.
const addresses: readonly [text: string, wanted: string | undefined][] = [
  ['10.0.0.5', '10.0.0.5'],
  ['fd00:0:0:0:0:0:0:2', 'fd00::2'],
  ['FD00::00AB', 'fd00::ab'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::ffff:10.99.0.5', '10.99.0.5'],
  ['::ffff:a63:5', '10.99.0.5'],
  ['::10.99.0.5', '::a63:5'],
  ['::', '::'],
  ['fe80::1%eth0', undefined],
  ['10.099.0.5', undefined],
  ['', undefined],
];

const networks: readonly [text: string, wanted: string | undefined][] = [
  ['10.0.0.5/24', '10.0.0.5/24'],
  ['fd00:0::2/64', 'fd00::2/64'],
  ['::ffff:10.99.0.5/120', '10.99.0.5/24'],
  ['::ffff:10.99.0.5/64', '10.99.0.5/0'],
  ['10.0.0.5/33', undefined],
  ['fd00::2/129', undefined],
  ['fe80::1%eth0/64', undefined],
  ['10.0.0.5', undefined],
  ['10.0.0.5/', undefined],
];

for (const [text, wanted] of addresses) {
  test(`the address ${JSON.stringify(text)} is ${wanted}`, () => {
    assert.equal(canonicalIp(text), wanted);
  });
}

for (const [text, wanted] of networks) {
  test(`the network ${JSON.stringify(text)} is ${wanted}`, () => {
    assert.equal(canonicalCidr(text), wanted);
  });
}
