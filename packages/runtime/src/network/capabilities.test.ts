import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilityArgs, unmappedPorts } from './capabilities.ts';

const nothing = { portMappings: [], annotations: {} };

test('a pod that wants nothing special gives plugins nothing', () => {
  assert.deepEqual(capabilityArgs(nothing), {});
  assert.deepEqual(capabilityArgs({ ...nothing, dns: { servers: [], searches: [], options: [] } }), {});
});

test('ports that are only declared are no mappings', () => {
  const port = { protocol: 'tcp', containerPort: 80, hostIp: '' } as const;
  const { portMappings } = capabilityArgs({
    ...nothing,
    portMappings: [
      { ...port, hostPort: 0 },
      { ...port, hostPort: 8080, hostIp: '127.0.0.1' },
    ],
  });
  assert.deepEqual(portMappings, [
    { hostPort: 8080, containerPort: 80, protocol: 'tcp', hostIP: '127.0.0.1' },
  ]);
});

test('host ports lead nowhere without a plugin that maps ports', () => {
  const port = { protocol: 'tcp', containerPort: 80, hostIp: '' } as const;
  const ports = [
    { ...port, hostPort: 8080 },
    { ...port, hostPort: 0 },
    { ...port, hostPort: -1 },
  ];
  const plugins = (...capabilities: string[]) => ({ plugins: [{ type: 'x', capabilities, config: {} }] });
  assert.deepEqual(unmappedPorts(plugins('dns'), ports), [{ ...port, hostPort: 8080 }]);
  assert.deepEqual(unmappedPorts(plugins('dns', 'portMappings'), ports), []);
});

test('dns, cgroup and annotations', () => {
  const dns = { servers: ['1.1.1.1'], searches: ['a'], options: ['ndots:5'] };
  const annotations = { a: 'b' };
  assert.deepEqual(capabilityArgs({ portMappings: [], annotations, dns, cgroupParent: '/kubepods/x' }), {
    dns,
    cgroupPath: '/kubepods/x',
    'io.kubernetes.cri.pod-annotations': annotations,
  });
});

for (const part of ['servers', 'searches', 'options'] as const) {
  test(`DNS settings with ${part} only`, () => {
    const dns = { servers: [], searches: [], options: [], [part]: ['x'] };
    assert.deepEqual(capabilityArgs({ ...nothing, dns }), { dns });
  });
}

for (const [text, rate] of [
  ['10M', 10_000_000],
  ['1k', 1000],
  ['1Gi', 2 ** 30],
  ['2000000', 2_000_000],
  ['1.5M', 1_500_000],
  ['1e6', 1_000_000],
] as const) {
  test(`bandwidth ${text}`, () => {
    const { bandwidth } = capabilityArgs({
      ...nothing,
      annotations: { 'kubernetes.io/egress-bandwidth': text },
    });
    assert.deepEqual(bandwidth, { egressRate: rate, egressBurst: 34_359_738_359 });
  });
}

for (const text of ['', 'fast', '10', '10MB', '-5M', '2P', '5m']) {
  test(`not a bandwidth: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => capabilityArgs({ ...nothing, annotations: { 'kubernetes.io/ingress-bandwidth': text } }),
      /annotations\["kubernetes\.io\/ingress-bandwidth"\]: ".*" must be a quantity between 1k and 1P/,
    );
  });
}
