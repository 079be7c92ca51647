import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copiedParameters } from './iface-record.ts';

test('a copy gets what is set, but no name', () => {
  const shown = `# BEGIN RECORD 2.1.8
iface.iscsi_ifacename = default
iface.net_ifacename = <empty>
iface.hwaddress = <empty>
iface.transport_name = tcp
iface.vlan_id = 0
iface.initiatorname = <empty>
# END RECORD
`;
  assert.deepEqual(
    [...copiedParameters(shown)],
    [
      ['iface.transport_name', 'tcp'],
      ['iface.vlan_id', '0'],
    ],
  );
  assert.deepEqual([...copiedParameters('')], []);
});

test('other output is refused', () => {
  for (const line of ['iface.mtu 1500', 'iface.mtu = 1 2', 'iface.mtu =']) {
    assert.throws(() => copiedParameters(line), { message: /invalid iface setting: iface\.mtu/ });
  }
});
