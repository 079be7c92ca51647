import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../status/node-object.ts';
import { initialNode } from './initial-node.ts';
import { reconciledNode } from './reconcile-node.ts';

const options = {
  register: true,
  labels: {},
  taints: [],
  providerId: '',
  hasExternalProvider: false,
  controllerAttaches: true,
};
const attaches = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };

test('the node as it is registered', () => {
  const taint = { key: 'k', effect: 'NoExecute' };
  assert.deepEqual(initialNode('n', { os: 'linux' }, options), {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels: { os: 'linux' }, annotations: attaches },
    spec: {},
  });
  const external = {
    ...options,
    labels: { os: 'x', a: 'b' },
    taints: [taint],
    providerId: 'cloud://1',
    hasExternalProvider: true,
    controllerAttaches: false,
  };
  assert.deepEqual(initialNode('n', { os: 'linux' }, external), {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels: { os: 'x', a: 'b' } },
    spec: {
      providerID: 'cloud://1',
      taints: [
        taint,
        { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' },
      ],
    },
  });
});

const initial: Node = {
  ...initialNode('n', { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': 'n' }, options),
  status: {
    capacity: { cpu: '2', 'hugepages-2Mi': '4Mi' },
    allocatable: { cpu: '2', 'hugepages-2Mi': '2Mi' },
  },
};

test('labels and annotation are set again, and those of others stay', () => {
  const registered: Node = {
    metadata: { name: 'n', labels: { 'kubernetes.io/os': 'x', own: 'y' }, annotations: { other: 'z' } },
  };
  assert.deepEqual(reconciledNode(initial, registered, false).metadata, {
    name: 'n',
    labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': 'n', own: 'y' },
    annotations: { other: 'z', ...attaches },
  });
  const without: Node = { ...initial, metadata: { name: 'n' } };
  const had: Node = { metadata: { name: 'n', annotations: { other: 'z', ...attaches } } };
  assert.deepEqual(reconciledNode(without, had, false).metadata.annotations, { other: 'z' });
  const emptied: Node = { ...initial, metadata: { name: 'n', labels: { 'kubernetes.io/os': '' } } };
  assert.deepEqual(reconciledNode(emptied, registered, false).metadata.labels, { own: 'y' });
});

test('huge pages follow the machine, and extended resources start from nothing', () => {
  const registered: Node = {
    metadata: { name: 'n' },
    status: {
      capacity: { cpu: '1', 'hugepages-2Mi': '2Mi', 'hugepages-1Gi': '1Gi', 'example.com/gpu': '2' },
      allocatable: { cpu: '1', 'hugepages-2Mi': '2Mi', 'hugepages-1Gi': '1Gi', 'example.com/gpu': '2' },
    },
  };
  assert.deepEqual(reconciledNode(initial, registered, true).status, {
    capacity: { cpu: '1', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '0' },
    allocatable: { cpu: '1', 'hugepages-2Mi': '2Mi', 'example.com/gpu': '0' },
  });
  assert.equal(reconciledNode(initial, registered, false).status?.capacity?.['example.com/gpu'], '2');
});

test('a node without resources gets all', () => {
  assert.deepEqual(reconciledNode(initial, { metadata: { name: 'n' } }, true).status, initial.status);
});
