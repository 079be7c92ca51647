import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfList } from '@berth/cni/config/conf-list.ts';
import { namespaceMayGoFirst } from './chain.ts';
import { chooseSubnets, defaultConflist } from './default-network.ts';

const on = (name: string, ...addresses: string[]) =>
  addresses.map((address) => ({ interface: name, address }));

for (const [what, addresses, subnets] of [
  ['an ordinary host', on('eth0', '192.168.1.5', 'fe80::1'), ['10.88.0.0/16']],
  ['a host with global IPv6', on('eth0', '192.168.1.5', '2001:db8::5'), ['10.88.0.0/16', 'fd00:10:88::/64']],
  ['a bridge left by an earlier run', on('cni0', '10.88.0.1'), ['10.88.0.0/16']],
  ['subnets in use', on('eth1', '10.88.3.4', '10.89.0.1'), ['10.90.0.0/16']],
] as const) {
  test(`subnets for ${what}`, () => assert.deepEqual(chooseSubnets(addresses), subnets));
}

test('no subnet is left', () => {
  const all = Array.from({ length: 16 }, (_, index) => `10.${88 + index}.1.1`);
  assert.throws(() => chooseSubnets(on('eth0', ...all)), /no free subnet .* write a CNI configuration/);
});

test('the default network is a valid list', () => {
  const list = parseConfList(defaultConflist(['10.88.0.0/16', 'fd00:10:88::/64']));
  assert.deepEqual(
    list.plugins.map(({ type }) => type),
    ['bridge', 'portmap'],
  );
  assert.deepEqual(list.plugins[0]?.config.ipam, {
    type: 'host-local',
    ranges: [[{ subnet: '10.88.0.0/16' }], [{ subnet: 'fd00:10:88::/64' }]],
    routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
  });
  assert.ok(namespaceMayGoFirst(list));
});
