import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResult, ResultFormatError } from './parse.ts';
import { convertResult, sandboxAddresses } from './result.ts';
import { resultToJson } from './to-json.ts';

const oldResult = {
  cniVersion: '0.3.1',
  interfaces: [{ name: 'br0' }, { name: 'eth0', mac: '02:00:00:00:00:01', sandbox: '/run/netns/x' }],
  ips: [
    { version: '4', address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 },
    { version: '6', address: 'fd00::2/64', interface: 1 },
  ],
  routes: [{ dst: '0.0.0.0/0' }],
  dns: {},
};

test('a result of spec 0.3.1 converts to 1.1.0 and back', () => {
  const result = parseResult(oldResult, '1.0.0');
  const converted = resultToJson(convertResult(result, '1.1.0'));
  assert.deepEqual(converted, {
    cniVersion: '1.1.0',
    interfaces: oldResult.interfaces,
    ips: [
      { address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 },
      { address: 'fd00::2/64', interface: 1 },
    ],
    routes: oldResult.routes,
  });
  assert.deepEqual(resultToJson(convertResult(parseResult(converted, '1.0.0'), '0.3.1')), oldResult);
});

test('fields that older versions lack are left out of them', () => {
  const result = parseResult({ interfaces: [{ name: 'a', mtu: 1500, pciID: '0:1' }] }, '1.1.0');
  assert.deepEqual(resultToJson(result).interfaces, [{ name: 'a', mtu: 1500, pciID: '0:1' }]);
  assert.deepEqual(resultToJson(convertResult(result, '0.4.0')).interfaces, [{ name: 'a' }]);
});

test('a result without a version has that of its configuration', () => {
  assert.equal(parseResult({}, '0.4.0').cniVersion, '0.4.0');
  assert.equal(parseResult({ cniVersion: '' }, '1.0.0').cniVersion, '1.0.0');
  assert.equal(parseResult(null, '1.0.0').cniVersion, '1.0.0');
});

test("the pod's addresses are those on interfaces inside the sandbox", () => {
  assert.deepEqual(sandboxAddresses(parseResult(oldResult, '1.0.0'), 'eth0'), ['10.0.0.2', 'fd00::2']);
  const mixed = {
    interfaces: [{ name: 'br0' }, { name: 'eth0', sandbox: '/x' }],
    ips: [
      { address: '10.0.0.1/24', interface: 0 },
      { address: '10.0.0.2/24', interface: 1 },
      { address: '10.0.0.3/24' },
    ],
  };
  assert.deepEqual(sandboxAddresses(parseResult(mixed, '1.0.0'), 'eth0'), ['10.0.0.2', '10.0.0.3']);
});

test('an IPv6 address has one text, however a plugin prints it', () => {
  const ips = ['fd00:0:0::5/64', 'FD00:0000::000a/64', '::1/128'].map((address) => ({ address }));
  assert.deepEqual(sandboxAddresses(parseResult({ ips }, '1.0.0'), 'eth0'), ['fd00::5', 'fd00::a', '::1']);
});

const v4 = { address: '10.0.0.2/24', gateway: '10.0.0.1' };
const v6 = { address: 'fd00::2/64' };
const wholeOf = (result: object) => ({ interfaces: [], ips: [], routes: [], ...result });

// What libcni takes; each of these makes a pod with containerd.
for (const [what, raw, config, expected] of [
  [
    'of 0.2.0, with ip4 and ip6',
    {
      cniVersion: '0.2.0',
      ip4: { ip: v4.address, gateway: v4.gateway, routes: [{ dst: '0.0.0.0/0' }] },
      ip6: { ip: v6.address, gateway: null, routes: [{ dst: '::/0' }] },
    },
    '1.0.0',
    { cniVersion: '0.2.0', ips: [v4, v6], routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }] },
  ],
  [
    'of 0.1.0, by its configuration',
    { ip4: { ip: v4.address } },
    '',
    { cniVersion: '0.1.0', ips: [{ address: v4.address }] },
  ],
  [
    'of another version than its configuration',
    { cniVersion: '0.3.1', ips: [v4] },
    '1.1.0',
    { cniVersion: '0.3.1', ips: [v4] },
  ],
  ['whose version is a number', { cniVersion: 1, ips: [v4] }, '0.4.0', { cniVersion: '0.4.0', ips: [v4] }],
  [
    'with null for lists',
    { interfaces: null, ips: null, routes: null, dns: null },
    '1.0.0',
    { cniVersion: '1.0.0' },
  ],
  [
    'with keys in other case',
    { IPs: [{ Address: v6.address }], Interfaces: [{ Name: 'eth0' }] },
    '1.0.0',
    { cniVersion: '1.0.0', ips: [v6], interfaces: [{ name: 'eth0' }] },
  ],
  [
    'with an interface without a name',
    { interfaces: [{ mac: 'AA:BB:CC:DD:EE:FF' }] },
    '1.0.0',
    { cniVersion: '1.0.0', interfaces: [{ name: '', mac: 'AA:BB:CC:DD:EE:FF' }] },
  ],
  [
    'with a route without a destination',
    { routes: [{ gw: '10.0.0.1' }, { dst: null }] },
    '1.0.0',
    { cniVersion: '1.0.0' },
  ],
  [
    'with fields of no version',
    { ips: [{ ...v4, version: 4, x: {} }], code: 0, ip4: 5 },
    '1.0.0',
    { cniVersion: '1.0.0', ips: [v4] },
  ],
] as const) {
  test(`a result ${what}`, () => {
    const { dns, ...result } = parseResult(raw, config);
    assert.deepEqual(result, wholeOf(expected));
    assert.deepEqual(dns, {
      nameservers: undefined,
      domain: undefined,
      search: undefined,
      options: undefined,
    });
  });
}

test('before 0.3.0 a result is written with the first address of each family and its routes', () => {
  const result = parseResult(
    {
      interfaces: [{ name: 'eth0' }],
      ips: [v6, v4, { address: '10.0.0.3/24' }],
      routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }, { dst: '::/0' }],
      dns: { nameservers: ['1.1.1.1'] },
    },
    '1.0.0',
  );
  const old = {
    cniVersion: '0.2.0',
    ip4: { ip: v4.address, gateway: v4.gateway, routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }] },
    ip6: { ip: v6.address, routes: [{ dst: '::/0' }] },
    dns: { nameservers: ['1.1.1.1'] },
  };
  assert.deepEqual(resultToJson(convertResult(result, '0.2.0')), old);
  assert.deepEqual(resultToJson(parseResult(old, '1.0.0')), old);
  assert.equal(convertResult(result, '').cniVersion, '0.1.0');
  assert.equal(convertResult(result, '1.9.0').cniVersion, '1.0.0');
});

test("an interface is in the sandbox by its name too, and addresses of unknown place are the pod's", () => {
  const addresses = (result: object) => sandboxAddresses(parseResult(result, '1.0.0'), 'eth0');
  const on = (names: string[]) => ({
    interfaces: names.map((name) => ({ name })),
    ips: names.map((_, index) => ({ address: `10.0.0.${index + 1}/24`, interface: index })),
  });
  assert.deepEqual(addresses(on(['br0', 'eth0'])), ['10.0.0.2']);
  assert.deepEqual(addresses(on(['br0', 'veth1'])), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(addresses({ ips: [{ ...v4, interface: 7 }] }), ['10.0.0.2']);
});

for (const [raw, message] of [
  [[], 'must be a JSON object, but is an array'],
  ['x', 'must be a JSON object, but is a string'],
  [{ cniVersion: '3.0.0' }, /^cniVersion: "3\.0\.0" is not supported/],
  [{ ips: {} }, 'ips: must be an array, but is an object'],
  [{ ips: [{}] }, 'ips[0].address: missing; must be an address with prefix length'],
  [{ ips: [{ address: '10.0.0.1' }] }, 'ips[0].address: "10.0.0.1" is not an IP address with prefix length'],
  [
    { ips: [{ address: '10.0.0.1/33' }] },
    'ips[0].address: "10.0.0.1/33" is not an IP address with prefix length',
  ],
  [{ ips: [{ address: '10.0.0.1/8', gateway: 'gw' }] }, 'ips[0].gateway: "gw" is not an IP address'],
  [{ interfaces: [{ name: 1 }] }, 'interfaces[0].name: must be a string, but is a number'],
  [
    { cniVersion: '0.2.0', ip4: { ip: '10.0.0.1' } },
    'ip4.ip: "10.0.0.1" is not an IP address with prefix length',
  ],
  [{ cniVersion: '0.2.0', ip6: [] }, 'ip6: must be an object, but is an array'],
  [{ interfaces: [null] }, 'interfaces[0]: must be an object, but is null'],
  [{ routes: [{ dst: 'default' }] }, 'routes[0].dst: "default" is not an IP address with prefix length'],
  [{ dns: { nameservers: [1] } }, 'dns.nameservers[0]: must be a string, but is a number'],
  [
    { ips: [{ address: '10.0.0.1/8', interface: 1.5 }] },
    'ips[0].interface: must be an integer, but is a number',
  ],
] as const) {
  test(`refused: ${JSON.stringify(raw)}`, () => {
    assert.throws(
      () => parseResult(raw, '1.0.0'),
      (error) =>
        error instanceof ResultFormatError &&
        (typeof message === 'string' ? error.message === message : message.test(error.message)),
    );
  });
}
