import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfList } from '@berth/cni/config/conf-list.ts';
import { namespaceMayGoFirst, withoutIdlePlugins } from './chain.ts';

const list = (...plugins: object[]) =>
  parseConfList(JSON.stringify({ cniVersion: '1.0.0', name: 'n', plugins }));
const bridge = { type: 'bridge', ipam: { type: 'host-local' } };
const portmap = { type: 'portmap', capabilities: { portMappings: true } };

for (const [plugins, expected] of [
  [[bridge], true],
  [[bridge, portmap], true],
  [[{ ...bridge, ipMasq: false }], true],
  [[{ ...bridge, ipMasq: true }], false],
  [[{ ...bridge, macspoofchk: true }], false],
  [[{ ...bridge, ipam: { type: 'dhcp' } }], false],
  [[{ type: 'bridge' }], false],
  [[{ type: 'ptp', ipam: { type: 'host-local' } }], false],
  [[bridge, { type: 'firewall' }], false],
  [[bridge, { type: 'calico' }], false],
] as const) {
  test(`the namespace ${expected ? 'may' : 'must not'} go before DEL: ${JSON.stringify(plugins)}`, () => {
    assert.equal(namespaceMayGoFirst(list(...plugins)), expected);
  });
}

test('portmap runs only for pods with ports of the host', () => {
  const full = list(bridge, portmap);
  assert.equal(withoutIdlePlugins(full, { portMappings: [] }), full);
  const short = withoutIdlePlugins(full, {});
  assert.deepEqual(
    short.plugins.map(({ type }) => type),
    ['bridge'],
  );
  assert.deepEqual(parseConfList(short.text), short);
  const alone = list(portmap);
  assert.equal(withoutIdlePlugins(alone, {}), alone);
});
