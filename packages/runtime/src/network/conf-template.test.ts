import assert from 'node:assert/strict';
import { test } from 'node:test';
import { templateData } from './conf-template.ts';

test('what a template gets to know of pod CIDRs', () => {
  assert.deepEqual(templateData('10.1.2.0/24'), {
    PodCIDR: '10.1.2.0/24',
    PodCIDRRanges: ['10.1.2.0/24'],
    Routes: ['0.0.0.0/0'],
  });
  assert.deepEqual(templateData('fd00:1::/64, 10.1.2.0/24'), {
    PodCIDR: 'fd00:1::/64',
    PodCIDRRanges: ['fd00:1::/64', '10.1.2.0/24'],
    Routes: ['0.0.0.0/0', '::/0'],
  });
  for (const cidr of ['10.1.2.0', '10.1.2.0/33', 'x/8', '10.1.2.0/24,', 'fd00::/200']) {
    assert.throws(() => templateData(cidr), /runtime_config\.network_config\.pod_cidr: ".*" is not a CIDR/);
  }
});
