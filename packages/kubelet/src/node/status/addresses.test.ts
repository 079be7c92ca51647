import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressFacts, nodeAddresses } from './addresses.ts';

const facts: AddressFacts = {
  hostname: 'n',
  given: [],
  hasExternalProvider: false,
  local: ['192.0.2.1', '192.0.2.2', '2001:db8::1', '127.0.0.1'],
  resolved: [],
  ofDefaultRoute: '192.0.2.1',
};

test('addresses by what is given and known', () => {
  const cases: [what: string, changes: Partial<AddressFacts>, addresses: string, annotation?: string][] = [
    ['default route', {}, '192.0.2.1'],
    ['given', { given: ['192.0.2.2'] }, '192.0.2.2'],
    ['given, both families', { given: ['192.0.2.2', '2001:db8::1'] }, '192.0.2.2 2001:db8::1'],
    ['a name that resolves', { resolved: ['127.0.0.1', '2001:db8::1', '192.0.2.2'] }, '192.0.2.2'],
    ['a name that resolves to IPv6 only', { resolved: ['2001:db8::1'] }, '2001:db8::1'],
    ['a name of other machines', { resolved: ['198.51.100.1'] }, '192.0.2.1'],
    ['IPv6 preferred', { given: ['::'], resolved: ['192.0.2.2', '2001:db8::1'] }, '2001:db8::1'],
    ['a name that is an address', { hostname: '198.51.100.7' }, '198.51.100.7'],
    ['external provider without address', { hasExternalProvider: true }, ''],
    ['external provider', { hasExternalProvider: true, given: ['192.0.2.2'] }, '192.0.2.2', '192.0.2.2'],
    ['external provider, default route', { hasExternalProvider: true, given: ['0.0.0.0'] }, '192.0.2.1'],
    [
      'external provider, both families',
      { hasExternalProvider: true, given: ['192.0.2.2', '2001:db8::1'] },
      '192.0.2.2 2001:db8::1',
      '192.0.2.2,2001:db8::1',
    ],
  ];
  for (const [what, changes, expected, annotation] of cases) {
    const all = { ...facts, ...changes };
    const internal = expected === '' ? [] : expected.split(' ');
    assert.deepEqual(
      nodeAddresses([], all),
      {
        addresses: [
          ...internal.map((address) => ({ type: 'InternalIP', address })),
          { type: 'Hostname', address: all.hostname },
        ],
        annotation,
      },
      what,
    );
  }
});

test('what an external provider set stays', () => {
  const former = [{ type: 'ExternalIP', address: '198.51.100.1' }];
  assert.deepEqual(nodeAddresses(former, { ...facts, hasExternalProvider: true }), {
    addresses: former,
    annotation: undefined,
  });
});

test('addresses that can not be', () => {
  const cases: [given: string[], problem: string][] = [
    [['127.0.0.1'], "failed to validate nodeIP: nodeIP can't be loopback address"],
    [['239.1.1.1'], "failed to validate nodeIP: nodeIP can't be a multicast address"],
    [['fe80::1'], "failed to validate nodeIP: nodeIP can't be a link-local unicast address"],
    [
      ['192.0.2.1', '2001:db8::2'],
      'failed to validate secondaryNodeIP: node IP: "2001:db8::2" not found in the host\'s network interfaces',
    ],
  ];
  for (const [given, problem] of cases) assert.deepEqual(nodeAddresses([], { ...facts, given }), { problem });
  assert.deepEqual(nodeAddresses([], { ...facts, ofDefaultRoute: undefined }), {
    problem: "can't get ip address of node n. error: no default routes found",
  });
});
