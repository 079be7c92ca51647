import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../spec/json.ts';
import { bridgeConfig } from './bridge-config.ts';
import { ipv4Text } from './ip-range.ts';

const ipam = { type: 'host-local', ranges: [[{ subnet: '10.88.0.0/16' }]], routes: [{ dst: '0.0.0.0/0' }] };
const config = { cniVersion: '1.0.0', name: 'pods', type: 'bridge', bridge: 'cni0', isGateway: true, ipam };

test('the defaults of host-local and bridge', () => {
  const { bridge: _, ...rest } = config;
  const parsed = bridgeConfig({ ...rest, ipMasq: false, dns: {}, prevResult: {} });
  assert.ok(parsed);
  const { range } = parsed.ipam;
  assert.equal(parsed.bridge, 'cni0');
  assert.equal(parsed.ipam.dataDir, '/var/lib/cni/networks');
  assert.deepEqual([range.start, range.end, range.gateway].map(ipv4Text), [
    '10.88.0.1',
    '10.88.255.254',
    '10.88.0.1',
  ]);
});

test('one range of the old form, with its own ends and gateway', () => {
  const old = {
    type: 'host-local',
    subnet: '10.1.2.0/24',
    rangeStart: '10.1.2.8',
    rangeEnd: '10.1.2.9',
    gateway: '10.1.2.254',
  };
  const range = bridgeConfig({ ...config, ipam: old })?.ipam.range;
  assert.deepEqual(
    [range?.start, range?.end, range?.gateway].map((address) => ipv4Text(address ?? 0)),
    ['10.1.2.8', '10.1.2.9', '10.1.2.254'],
  );
});

test('isDefaultGateway makes a gateway', () => {
  const parsed = bridgeConfig({ ...config, isGateway: false, isDefaultGateway: true });
  assert.deepEqual([parsed?.isGateway, parsed?.isDefaultGateway], [true, true]);
});

for (const [name, change] of [
  ['masquerading', { ipMasq: true }],
  ['a VLAN', { vlan: 5 }],
  ['promiscuous mode', { promiscMode: true }],
  ['spoof checks', { macspoofchk: true }],
  ['a key that is not known', { future: 1 }],
  ['a requested hardware address', { runtimeConfig: { mac: 'aa:bb:cc:dd:ee:ff' } }],
  ['arguments', { args: { cni: { ips: ['10.88.0.9'] } } }],
  ['DNS of its own', { dns: { nameservers: ['10.0.0.1'] } }],
  ['an older version', { cniVersion: '0.2.0' }],
  ['a newer version', { cniVersion: '1.1.0' }],
  ['a name that is a path', { name: '../x' }],
  ['another IPAM', { ipam: { type: 'static' } }],
  ['no IPAM', { ipam: {} }],
  ['IPv6', { ipam: { ...ipam, ranges: [[{ subnet: 'fd00::/64' }]] } }],
  ['two families', { ipam: { ...ipam, ranges: [...ipam.ranges, [{ subnet: 'fd00::/64' }]] } }],
  [
    'two ranges in a set',
    { ipam: { ...ipam, ranges: [[{ subnet: '10.1.0.0/24' }, { subnet: '10.2.0.0/24' }]] } },
  ],
  ['no range', { ipam: { type: 'host-local' } }],
  ['bits after the prefix', { ipam: { ...ipam, ranges: [[{ subnet: '10.88.0.1/16' }]] } }],
  ['a network too small', { ipam: { ...ipam, ranges: [[{ subnet: '10.88.0.0/31' }]] } }],
  ['a start outside', { ipam: { ...ipam, ranges: [[{ subnet: '10.88.0.0/16', rangeStart: '10.89.0.1' }]] } }],
  ['a resolv.conf', { ipam: { ...ipam, resolvConf: '/etc/resolv.conf' } }],
  ['an IPv6 route', { ipam: { ...ipam, routes: [{ dst: '::/0' }] } }],
  ['a route with bits after the prefix', { ipam: { ...ipam, routes: [{ dst: '10.1.2.3/8' }] } }],
  ['a route with a metric', { ipam: { ...ipam, routes: [{ dst: '10.0.0.0/8', priority: 5 }] } }],
  ['a bridge that is no text', { bridge: 5 }],
] as const) {
  test(`the program does ${name}`, () => {
    assert.equal(bridgeConfig({ ...config, ...(change as Record<string, Json>) } as JsonObject), undefined);
  });
}
