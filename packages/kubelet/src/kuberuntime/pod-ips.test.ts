import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podIpsInOrder } from './pod-ips.ts';

const cases: [reported: string[], nodeIps: string[], ips: string[]][] = [
  [['10.0.0.2'], [], ['10.0.0.2']],
  [['fd00:0:0::2', '10.0.0.2', '10.0.0.3'], ['192.0.2.1'], ['10.0.0.2', 'fd00::2']],
  [
    ['10.0.0.2', 'fd00::2'],
    ['fd00::1', '192.0.2.1'],
    ['fd00::2', '10.0.0.2'],
  ],
  [['fd00::2'], ['192.0.2.1'], ['fd00::2']],
  [['', 'none'], ['192.0.2.1'], []],
];
for (const [reported, nodeIps, ips] of cases) {
  test(`${reported.join(' ')} on ${nodeIps.join(' ') || 'a node without address'}: ${ips.join(' ')}`, () => {
    assert.deepEqual(podIpsInOrder(reported, nodeIps), ips);
  });
}
