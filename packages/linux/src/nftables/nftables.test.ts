import assert from 'node:assert/strict';
import { test } from 'node:test';
import { masqueradeMessages } from './nftables.ts';

test('the table is replaced as a whole: make, remove, make, fill', () => {
  const types = masqueradeMessages({ table: 't', sources: ['10.0.0.0/8', 'fd00::/8'] }).map(
    ({ type }) => type,
  );
  assert.deepEqual(types, [0xa00, 0xa02, 0xa00, 0xa03, 0xa06, 0xa06]);
});

test('a rule matches the network, its bits after the prefix left out', () => {
  const [, , , , rule] = masqueradeMessages({ table: 't', sources: ['10.88.3.4/16'] });
  assert.ok(rule);
  assert.ok(rule.payload.includes(Buffer.from('0a580000', 'hex')));
  assert.ok(rule.payload.includes(Buffer.from('ffff0000', 'hex')));
  assert.ok(!rule.payload.includes(Buffer.from('0a580304', 'hex')));
  assert.ok(rule.payload.includes(Buffer.from('masq\0')));
});

for (const source of ['10.88.0.0', '10.88.0.0/33', 'pods', '']) {
  test(`source ${JSON.stringify(source)} is refused`, () => {
    assert.throws(() => masqueradeMessages({ table: 't', sources: [source] }), /is not a network/);
  });
}
