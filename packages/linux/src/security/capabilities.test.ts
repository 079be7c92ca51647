import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesOf, capabilityNames, parseCapability } from './capabilities.ts';

test('capabilities are numbered as the kernel numbers them', () => {
  assert.equal(capabilityNames.indexOf('CAP_SYS_ADMIN'), 21);
  assert.equal(capabilityNames.indexOf('CAP_SYS_RESOURCE'), 24);
  assert.equal(capabilityNames.indexOf('CAP_CHECKPOINT_RESTORE'), 40);
});

test('masks', () => {
  assert.deepEqual(capabilitiesOf('0000000000000000'), []);
  assert.deepEqual(capabilitiesOf('0000000000000021'), ['CAP_CHOWN', 'CAP_KILL']);
  assert.deepEqual(capabilitiesOf('000001ffffffffff'), [...capabilityNames]);
  assert.ok(!capabilitiesOf('000001fffeffffff').includes('CAP_SYS_RESOURCE'));
});

for (const [text, capability] of [
  ['net_admin', 'CAP_NET_ADMIN'],
  ['NET_ADMIN', 'CAP_NET_ADMIN'],
  ['CAP_BPF', 'CAP_BPF'],
  ['ALL', undefined],
  ['', undefined],
  ['CAP_NOPE', undefined],
] as const) {
  test(`capability ${JSON.stringify(text)}`, () => assert.equal(parseCapability(text), capability));
}
