import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertResult, parseResult, ResultFormatError, resultToJson, sandboxAddresses } from './result.ts';

const OLD = {
  cniVersion: '0.3.1',
  interfaces: [{ name: 'br0' }, { name: 'eth0', mac: '02:00:00:00:00:01', sandbox: '/run/netns/x' }],
  ips: [
    { version: '4', address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 },
    { version: '6', address: 'fd00::2/64', interface: 1 },
  ],
  routes: [{ dst: '0.0.0.0/0' }],
};

test('a result of spec 0.3.1 converts to 1.1.0 and back', () => {
  const result = parseResult(OLD, '1.0.0');
  const converted = resultToJson(convertResult(result, '1.1.0'));
  assert.deepEqual(converted, {
    cniVersion: '1.1.0',
    interfaces: OLD.interfaces,
    ips: [
      { address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 },
      { address: 'fd00::2/64', interface: 1 },
    ],
    routes: OLD.routes,
  });
  assert.deepEqual(resultToJson(convertResult(parseResult(converted, '1.0.0'), '0.3.1')), OLD);
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
  assert.deepEqual(sandboxAddresses(parseResult(OLD, '1.0.0')), ['10.0.0.2', 'fd00::2']);
  const mixed = {
    interfaces: [{ name: 'br0' }, { name: 'eth0', sandbox: '/x' }],
    ips: [
      { address: '10.0.0.1/24', interface: 0 },
      { address: '10.0.0.2/24', interface: 1 },
      { address: '10.0.0.3/24' },
    ],
  };
  assert.deepEqual(sandboxAddresses(parseResult(mixed, '1.0.0')), ['10.0.0.2', '10.0.0.3']);
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
  [{ interfaces: [{ mac: 'x' }] }, 'interfaces[0].name: missing; must be a string'],
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
