// The API on a real socket, asked by clients of both versions.
import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectService } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import type { ClaimInfo } from '../dra/claim-info.ts';
import { PodResourcesListerDefinition } from '../generated/pod-resources.ts';
import { PodResourcesListerDefinition as ListerV1alpha1Definition } from '../generated/pod-resources-v1alpha1.ts';
import { PodResourcesMetrics } from '../metrics/pod-resources-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { testPod } from '../testing/pod.ts';
import { servePodResources } from './pod-resources-server.ts';

const pod = testPod({ containers: [{ name: 'main' }] }, { name: 'p', namespace: 'n', uid: 'u' });
const ended = testPod({ containers: [{ name: 'main' }] }, { name: 'ended', namespace: 'n', uid: 'e' });

const gpu: ClaimInfo = {
  uid: 'c',
  name: 'gpu',
  namespace: 'n',
  podUids: new Set(['u']),
  drivers: new Map([
    [
      'd.example.com',
      [
        {
          poolName: 'pool',
          deviceName: 'gpu-1',
          shareId: 'share',
          requestNames: [],
          cdiDeviceIds: ['example.com/gpu=1'],
        },
      ],
    ],
  ]),
  isPrepared: true,
  isUnpreparing: false,
};

/** @param isUnknown whether the claim of the pod is not known */
async function setUp({ isUnknown = false } = {}) {
  await using resources = new AsyncDisposableStack();
  const { path: rootDir } = resources.use(scratchDir('pod-resources'));
  const socket = join(rootDir, 'pod-resources', 'kubelet.sock');
  // Of an earlier kubelet.
  mkdirSync(join(rootDir, 'pod-resources'));
  writeFileSync(socket, '');
  const registry = new MetricsRegistry();
  const server = await servePodResources({
    rootDir,
    activePods: () => [pod],
    allPods: () => [pod, ended],
    devices: {
      allocated: (uid) => (uid === 'u' ? [{ resource: 'example.com/a', id: 'x', numaNode: '1' }] : []),
      allocatable: () => [
        { resource: 'example.com/a', id: 'x', numaNode: '1' },
        { resource: 'example.com/a', id: 'y', numaNode: undefined },
      ],
    },
    claims: () => {
      if (isUnknown) throw new Error('unable to get information for ResourceClaim gpu');
      return [gpu];
    },
    metrics: new PodResourcesMetrics(registry),
  });
  resources.defer(() => server.close());
  const v1 = connectService(socket, PodResourcesListerDefinition, { timeoutMs: 10_000 });
  resources.defer(() => v1.close());
  const v1alpha1 = connectService(socket, ListerV1alpha1Definition, { timeoutMs: 10_000 });
  resources.defer(() => v1alpha1.close());
  const owned = resources.move();
  return {
    v1: v1.service,
    v1alpha1: v1alpha1.service,
    socket,
    /** Series that are not 0, without their family's prefix. */
    counted: async () =>
      [...(await registry.text()).matchAll(/^kubelet_pod_resources_endpoint_(\S+ [^0].*)$/gm)].map(
        ([, line]) => line,
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test('pods are told with their devices, and what can be allocated', async () => {
  await using node = await setUp();
  const { v1, v1alpha1, socket, counted } = node;
  assert.ok(statSync(socket).isSocket());
  const devices = [{ resourceName: 'example.com/a', deviceIds: ['x'], topology: { nodes: [{ ID: 1n }] } }];
  const claimResources = [
    {
      driverName: 'd.example.com',
      poolName: 'pool',
      deviceName: 'gpu-1',
      shareId: 'share',
      cdiDevices: [{ name: 'example.com/gpu=1' }],
    },
  ];
  const dynamicResources = [{ claimName: 'gpu', claimNamespace: 'n', claimResources }];
  const container = { name: 'main', devices, cpuIds: [], memory: [], dynamicResources };
  const told = { name: 'p', namespace: 'n', containers: [container], cpuIds: [], memory: [] };
  assert.deepEqual(await v1.list({}), { podResources: [told] });
  assert.deepEqual(await v1.get({ podName: 'p', podNamespace: 'n' }), { podResources: told });
  assert.deepEqual(await v1.getAllocatableResources({}), {
    devices: [...devices, { resourceName: 'example.com/a', deviceIds: ['y'], topology: undefined }],
    cpuIds: [],
    memory: [],
  });
  await assert.rejects(v1.get({ podName: 'ended', podNamespace: 'n' }), (error) => {
    assert.ok(error instanceof CriError);
    assert.deepEqual([error.code, error.message], ['UNKNOWN', 'pod ended in namespace n not found']);
    return true;
  });
  const alpha = { name: 'main', devices: [{ resourceName: 'example.com/a', deviceIds: ['x'] }] };
  assert.deepEqual(await v1alpha1.list({}), {
    podResources: [
      { name: 'p', namespace: 'n', containers: [alpha] },
      { name: 'ended', namespace: 'n', containers: [{ name: 'main', devices: [] }] },
    ],
  });
  assert.deepEqual(await counted(), [
    'errors_get{server_api_version="v1"} 1',
    'requests_get{server_api_version="v1"} 2',
    'requests_get_allocatable{server_api_version="v1"} 1',
    'requests_list{server_api_version="v1"} 1',
    'requests_total{server_api_version="v1"} 4',
    'requests_total{server_api_version="v1alpha1"} 1',
  ]);
});

test('a container whose claim is not known is told without claims', async () => {
  await using node = await setUp({ isUnknown: true });
  const { podResources } = await node.v1.get({ podName: 'p', podNamespace: 'n' });
  const [main] = podResources?.containers ?? [];
  assert.deepEqual([main?.devices.length, main?.dynamicResources], [1, []]);
});

test('requests of all clients that come too fast are refused, and not counted', async () => {
  await using node = await setUp();
  const { v1, v1alpha1, counted } = node;
  const asked = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? v1.list({}) : v1alpha1.list({}))),
  );
  const refused = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  assert.ok(refused.length > 0 && refused.length <= 190);
  for (const error of refused)
    assert.deepEqual([error.code, error.message], ['RESOURCE_EXHAUSTED', 'rejected by rate limit']);
  const total = (await counted())
    .filter((line) => line?.startsWith('requests_total'))
    .reduce((sum, line) => sum + Number(line?.split(' ').at(-1)), 0);
  assert.equal(total, 200 - refused.length);
});
