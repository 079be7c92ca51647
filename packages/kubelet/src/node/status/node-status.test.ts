import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from './node-object.ts';
import { withStatus } from './node-status.ts';
import { isStatusChanged, nodeStatusPatch } from './status-change.ts';
import type { StatusFacts } from './status-facts.ts';

const facts: StatusFacts = {
  addresses: {
    hostname: 'n',
    given: ['192.0.2.1'],
    hasExternalProvider: false,
    local: ['192.0.2.1', '192.0.2.2'],
    resolved: [],
    ofDefaultRoute: undefined,
  },
  resources: {
    capacity: new Map([
      ['cpu', 2_000_000_000n],
      ['memory', 2n ** 30n * 1_000_000_000n],
      ['ephemeral-storage', 1_000_000_000n],
    ]),
    allocatable: new Map([['cpu', 2_000_000_000n]]),
    maxPods: 110,
  },
  nodeInfo: {
    machineID: 'm',
    systemUUID: 's',
    bootID: 'b',
    kernelVersion: '6.1',
    osImage: 'OS',
    containerRuntimeVersion: 'berthd://1',
    kubeletVersion: 'v1.37.0',
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
    runningInUserNamespace: false,
  },
  kubeletPort: 10_250,
  images: [],
  maxImages: 50,
  runtimeHandlers: [
    { name: 'z', features: { recursiveReadOnlyMounts: false, userNamespaces: false } },
    { name: '', features: { recursiveReadOnlyMounts: true, userNamespaces: true } },
  ],
  runtimeFeatures: undefined,
  declaredFeatures: ['A'],
  pressures: { memory: false, disk: false, pid: false },
  problems: [],
  volumesInUse: undefined,
};
const node: Node = { metadata: { name: 'n' } };
const first = withStatus(node, facts, 1000);
const at = (changes: Partial<StatusFacts>, now = 2000) =>
  withStatus(first.node, { ...facts, ...changes }, now);

test('a new status', () => {
  const { status } = first.node;
  assert.deepEqual(status?.addresses, [
    { type: 'InternalIP', address: '192.0.2.1' },
    { type: 'Hostname', address: 'n' },
  ]);
  assert.deepEqual(status?.daemonEndpoints, { kubeletEndpoint: { Port: 10_250 } });
  assert.deepEqual(
    status?.runtimeHandlers?.map(({ name }) => name),
    ['', 'z'],
  );
  assert.deepEqual(Object.keys(status ?? {}).toSorted(), [
    'addresses',
    'allocatable',
    'capacity',
    'conditions',
    'daemonEndpoints',
    'declaredFeatures',
    'nodeInfo',
    'runtimeHandlers',
  ]);
  assert.equal(status?.conditions?.at(-1)?.lastHeartbeatTime, '1970-01-01T00:00:01Z');
  assert.equal(first.rebooted, undefined);
});

test('only a heartbeat is no change, and everything else is one', () => {
  const isChanged = (changes: Partial<StatusFacts>) =>
    isStatusChanged(first.node.status, at(changes).node.status);
  assert.equal(isChanged({}), false);
  const cases: Partial<StatusFacts>[] = [
    { problems: ['x'] },
    { images: [{ id: 'a', sizeBytes: 1, repoTags: [], repoDigests: [] }] },
    { volumesInUse: ['kubernetes.io/csi/x'] },
    { runtimeHandlers: [] },
    { runtimeFeatures: { supplementalGroupsPolicy: true } },
    { resources: { ...facts.resources, maxPods: 5 } },
    { declaredFeatures: [] },
    { nodeInfo: { ...facts.nodeInfo, kernelVersion: '6.2' } },
  ];
  for (const changes of cases) assert.ok(isChanged(changes), JSON.stringify(Object.keys(changes)));
  const { conditions = [] } = first.node.status ?? {};
  const reversed = { ...first.node.status, conditions: conditions.toReversed(), images: [] };
  assert.equal(isStatusChanged(first.node.status, reversed), false);
});

test('what is not known any more goes, and what is not known yet stays', () => {
  const { node: full } = at({
    images: [{ id: 'a', sizeBytes: 1, repoTags: [], repoDigests: [] }],
    volumesInUse: ['v'],
    runtimeFeatures: { supplementalGroupsPolicy: true },
  });
  const { status } = withStatus(full, facts, 3000).node;
  assert.equal(status?.images, undefined);
  assert.deepEqual(status?.volumesInUse, ['v']);
  assert.deepEqual(status?.features, { supplementalGroupsPolicy: true });
});

test('problems', () => {
  const { 'ephemeral-storage': _, ...rest } = Object.fromEntries(facts.resources.capacity);
  const { node: without } = at({
    problems: ['p'],
    resources: { ...facts.resources, capacity: new Map(Object.entries(rest)) },
  });
  assert.equal(
    without.status?.conditions?.at(-1)?.message,
    '[p, missing node capacity for resources: ephemeral-storage]',
  );
  const { node: same, problem } = at({ addresses: { ...facts.addresses, local: [] } });
  assert.match(problem ?? '', /^failed to validate nodeIP/);
  assert.deepEqual(same.status?.addresses, first.node.status?.addresses);
});

test('another boot', () => {
  assert.equal(at({ nodeInfo: { ...facts.nodeInfo, bootID: 'c' } }).rebooted, 'c');
});

test('the patch of a heartbeat', () => {
  const types = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'];
  const lastHeartbeatTime = '1970-01-01T00:00:02Z';
  assert.deepEqual(nodeStatusPatch(first.node, at({}).node), {
    status: {
      conditions: types.map((type) => ({ type, lastHeartbeatTime })),
      '$setElementOrder/conditions': types.map((type) => ({ type })),
    },
  });
});

test('the patch replaces addresses, and says nothing of the specification', () => {
  const after: Node = {
    metadata: { name: 'n', labels: { a: 'b' } },
    spec: { providerID: 'p' },
    status: {
      ...first.node.status,
      addresses: [
        { type: 'InternalIP', address: '192.0.2.1' },
        { type: 'InternalIP', address: '192.0.2.2' },
      ],
    },
  };
  assert.deepEqual(nodeStatusPatch(first.node, after), {
    metadata: { labels: { a: 'b' } },
    status: {
      addresses: [
        { type: 'InternalIP', address: '192.0.2.1' },
        { type: 'InternalIP', address: '192.0.2.2' },
        { $patch: 'replace' },
      ],
    },
  });
  assert.deepEqual(nodeStatusPatch({ metadata: { name: 'n' } }, after).status, after.status);
});

test('the annotation for a cloud provider comes and goes', () => {
  const external = at({ addresses: { ...facts.addresses, hasExternalProvider: true } }).node;
  const key = 'alpha.kubernetes.io/provided-node-ip';
  assert.deepEqual(external.metadata.annotations, { [key]: '192.0.2.1' });
  const without = withStatus(external, facts, 3000).node;
  assert.deepEqual(nodeStatusPatch(external, without).metadata, { annotations: { [key]: null } });
});
