import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../api/pod.ts';
import { testContainer, testPod } from '../testing/pod.ts';
import { claimHealth } from './claim-health.ts';
import { type ClaimInfo, cdiDevicesOf, claimsInUse } from './claim-info.ts';
import { claimsOfContainer, containerCdiDevices, containerClaims } from './container-claims.ts';

const pod = testPod({
  containers: [],
  resourceClaims: [
    { name: 'c', resourceClaimName: 'gpu' },
    { name: 't', resourceClaimTemplateName: 'x' },
  ],
});
const status = { resourceClaimStatuses: [{ name: 't', resourceClaimName: 'p-t' }] };

const container = (...claims: { name: string; request?: string }[]): Container =>
  testContainer({ name: 'main', resources: { claims } });

const device = (deviceName: string, requestNames: string[], cdiDeviceIds: string[]) => ({
  poolName: 'pool',
  deviceName,
  shareId: undefined,
  requestNames,
  cdiDeviceIds,
});
const gpu: ClaimInfo = {
  uid: 'c-1',
  name: 'gpu',
  namespace: 'default',
  podUids: new Set(['u']),
  drivers: new Map([
    [
      'a.example.com',
      [device('d1', ['one'], ['x=1', 'x=2']), device('d2', ['two'], []), device('d3', [], ['x=3'])],
    ],
    ['b.example.com', []],
  ]),
  isPrepared: true,
  isUnpreparing: false,
};

test('a container uses the claims that it names, or requests of them', () => {
  const used = (...claims: { name: string; request?: string }[]) => [
    ...containerClaims(pod, container(...claims), status),
  ];
  assert.deepEqual(used(), []);
  assert.deepEqual(used({ name: 't' }), [['p-t', ['']]]);
  assert.deepEqual(used({ name: 'c', request: 'one' }, { name: 'c', request: 'two' }), [
    ['gpu', ['one', 'two']],
  ]);
  assert.deepEqual([...containerClaims(pod, container({ name: 'c' }), undefined)], [['gpu', ['']]]);
  assert.throws(() => containerClaims(pod, container({ name: 't' }), undefined), /not created yet/);
});

test('a container uses requests for the extended resources that it asks for', () => {
  const mapping = (containerName: string, resourceName: string, requestName: string) => ({
    containerName,
    resourceName,
    requestName,
  });
  const extendedResourceClaimStatus = {
    resourceClaimName: 'e',
    requestMappings: [
      mapping('main', 'example.com/gpu', 'r0'),
      mapping('main', 'example.com/gpu', 'r1'),
      mapping('main', 'example.com/other', 'r2'),
      mapping('side', 'example.com/gpu', 'r3'),
      mapping('main', 'deviceclass.resource.kubernetes.io/fast', 'r4'),
      mapping('main', 'cpu', 'r5'),
    ],
  };
  const limits = {
    cpu: '1',
    'example.com/gpu': '2',
    'example.com/other': '0',
    'deviceclass.resource.kubernetes.io/fast': '1',
  };
  const asking = testContainer({ name: 'main', resources: { limits } });
  assert.deepEqual(
    [...containerClaims(pod, asking, { extendedResourceClaimStatus })],
    [['e', ['r0', 'r1', 'r4']]],
  );
});

test('a container gets the CDI devices of its requests, and of a device of all requests', () => {
  assert.deepEqual(cdiDevicesOf(gpu, ''), ['x=1', 'x=2', 'x=3']);
  assert.deepEqual(cdiDevicesOf(gpu, 'two'), ['x=3']);
  const find = (name: string) => (name === 'gpu' ? gpu : undefined);
  const one = container({ name: 'c', request: 'one' });
  assert.deepEqual(containerCdiDevices(pod, one, status, find), ['x=1', 'x=2', 'x=3']);
  assert.throws(() => containerCdiDevices(pod, container({ name: 't' }), status, find), {
    message: 'internal error: unable to get claim info for ResourceClaim p-t in namespace default',
  });
});

test('all claims of a container are found, in the order of the pod, or the one that is missing is named', () => {
  const [template, extended] = [
    { ...gpu, name: 'p-t' },
    { ...gpu, name: 'e' },
  ];
  const known = [gpu, template, extended];
  const find = (name: string) => known.find((each) => each.name === name);
  const extendedResourceClaimStatus = {
    resourceClaimName: 'e',
    requestMappings: [{ containerName: 'main', resourceName: 'example.com/gpu', requestName: 'r' }],
  };
  const both = container({ name: 't', request: 'x' }, { name: 'c', request: 'two' }, { name: 'c' });
  assert.deepEqual(claimsOfContainer(pod, both, status, find), [gpu, template]);
  assert.deepEqual(claimsOfContainer(pod, container(), status, find), []);
  const withExtended = { ...status, extendedResourceClaimStatus };
  assert.deepEqual(claimsOfContainer(pod, container({ name: 'c' }), withExtended, find), [gpu, extended]);
  const side = testContainer({ name: 'side' });
  assert.deepEqual(claimsOfContainer(pod, side, withExtended, find), []);
  for (const [asking, message] of [
    [container({ name: 't' }), 'unable to get information for ResourceClaim p-t'],
    [container(), 'unable to get claim info for claim e in namespace default'],
  ] as const)
    assert.throws(() => claimsOfContainer(pod, asking, withExtended, () => undefined), { message });
});

test('the status tells the health of each device once', () => {
  const known = {
    find: (name: string) => (name === 'gpu' ? gpu : undefined),
    health: (_driver: string, { deviceName }: { deviceName: string }) =>
      deviceName === 'd2'
        ? ({ health: 'Unhealthy', message: 'hot' } as const)
        : ({ health: 'Unknown', message: '' } as const),
  };
  const health = (...claims: { name: string; request?: string }[]) =>
    claimHealth(pod, container(...claims), undefined, known);
  const [d1, d2, d3] = [
    { resourceID: 'x=1', health: 'Unknown' },
    { resourceID: 'a.example.com/pool/d2', health: 'Unhealthy', message: 'hot' },
    { resourceID: 'x=3', health: 'Unknown' },
  ];
  assert.deepEqual(health({ name: 'c' }), [{ name: 'claim:c', resources: [d1, d2, d3] }]);
  assert.deepEqual(health({ name: 'c', request: 'two/fast' }), [
    { name: 'claim:c/two/fast', resources: [d2, d3] },
  ]);
  assert.deepEqual(health({ name: 't' }), [], 'a claim that is not there yet');
});

test('prepared claims are counted by driver, and once for all', () => {
  assert.deepEqual(
    [...claimsInUse([gpu, { ...gpu, isPrepared: false }])],
    [
      ['<any>', 1],
      ['a.example.com', 1],
      ['b.example.com', 1],
    ],
  );
});
