import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaimInfo } from '../dra/claim-info.ts';
import { testPod } from '../testing/pod.ts';
import { podResources, podResourcesV1alpha1 } from './pod-resources.ts';

const pod = testPod(
  {
    initContainers: [{ name: 'init' }, { name: 'sidecar', restartPolicy: 'Always' }],
    containers: [{ name: 'main' }],
  },
  { name: 'p', namespace: 'n', uid: 'u' },
);
const devicesOf = (uid: string, container: string) => {
  assert.equal(uid, 'u');
  if (container === 'main') return [{ resource: 'example.com/a', id: 'x', numaNode: '1' }];
  return [{ resource: 'example.com/b', id: `of ${container}`, numaNode: undefined }];
};

const claim = (name: string, drivers: ClaimInfo['drivers'] = new Map()): ClaimInfo => ({
  uid: `uid of ${name}`,
  name,
  namespace: 'n',
  podUids: new Set(['u']),
  drivers,
  isPrepared: true,
  isUnpreparing: false,
});

test('containers that run together are told with their devices', () => {
  assert.deepEqual(
    podResources(pod, devicesOf, () => []),
    {
      name: 'p',
      namespace: 'n',
      containers: [
        {
          name: 'sidecar',
          devices: [{ resourceName: 'example.com/b', deviceIds: ['of sidecar'], topology: undefined }],
          dynamicResources: [],
        },
        {
          name: 'main',
          devices: [{ resourceName: 'example.com/a', deviceIds: ['x'], topology: { nodes: [{ ID: 1n }] } }],
          dynamicResources: [],
        },
      ],
    },
  );
});

test('claims are told with the devices of all their drivers', () => {
  const device = (deviceName: string, cdiDeviceIds: string[], shareId?: string) => ({
    poolName: 'pool',
    deviceName,
    shareId,
    requestNames: ['r'],
    cdiDeviceIds,
  });
  const drivers = new Map([
    ['a.example.com', [device('d1', ['k=1', 'k=2']), device('d2', [], 'share'), device('d3', ['k=3'])]],
    ['b.example.com', [device('d1', ['k=4'])]],
  ]);
  const told = podResources(pod, devicesOf, (_pod, container) =>
    container.name === 'main' ? [claim('gpu', drivers), claim('unprepared')] : [],
  );
  const resource = (driverName: string, deviceName: string, cdi: string[], shareId?: string) => ({
    driverName,
    poolName: 'pool',
    deviceName,
    shareId,
    cdiDevices: cdi.map((name) => ({ name })),
  });
  assert.deepEqual(
    told.containers?.map((each) => each.dynamicResources),
    [
      [],
      [
        {
          claimName: 'gpu',
          claimNamespace: 'n',
          claimResources: [
            resource('a.example.com', 'd1', ['k=1', 'k=2']),
            resource('a.example.com', 'd2', ['k=1', 'k=2'], 'share'),
            resource('a.example.com', 'd3', ['k=1', 'k=2', 'k=3']),
            resource('b.example.com', 'd1', ['k=4']),
          ],
        },
        { claimName: 'unprepared', claimNamespace: 'n', claimResources: [] },
      ],
    ],
  );
});

test('v1alpha1 tells of the regular containers', () => {
  assert.deepEqual(podResourcesV1alpha1(pod, devicesOf), {
    name: 'p',
    namespace: 'n',
    containers: [{ name: 'main', devices: [{ resourceName: 'example.com/a', deviceIds: ['x'] }] }],
  });
});
