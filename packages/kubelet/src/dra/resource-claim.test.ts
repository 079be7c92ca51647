import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodResourceClaim, PodStatus } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { checkUse, newClaim, podClaims, type ResourceClaim } from './resource-claim.ts';

const podWith = (...resourceClaims: PodResourceClaim[]) => testPod({ containers: [], resourceClaims });
const made = (name: string, resourceClaimName?: string): PodStatus => ({
  resourceClaimStatuses: [{ name, ...(resourceClaimName && { resourceClaimName }) }],
});

test('the claims of a pod: by name, of a template, of extended resources, and what is no claim', () => {
  const named = podWith({ name: 'c', resourceClaimName: 'gpu' });
  assert.deepEqual(podClaims(named, undefined), [{ podClaimName: 'c', name: 'gpu', mustBeOwned: false }]);
  const ofTemplate = podWith({ name: 'c', resourceClaimTemplateName: 't' });
  assert.deepEqual(podClaims(ofTemplate, made('c', 'p-c-1')), [
    { podClaimName: 'c', name: 'p-c-1', mustBeOwned: true },
  ]);
  assert.deepEqual(podClaims(ofTemplate, made('c')), [], 'none had to be made');
  const extended = { extendedResourceClaimStatus: { resourceClaimName: 'e' } };
  assert.deepEqual(podClaims(podWith(), extended), [{ podClaimName: '', name: 'e', mustBeOwned: false }]);
  assert.throws(() => podClaims(ofTemplate, made('other', 'x')), {
    message: 'pod "default/p": ResourceClaim not created yet',
  });
  assert.throws(() => podClaims(podWith({ name: 'c' }), undefined), {
    message: 'pod "default/p", spec.resourceClaim "c": none of the supported fields are set',
  });
});

const owner = (uid: string, controller = true) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  name: 'p',
  uid,
  controller,
});
const claim = (ownerReferences: ReturnType<typeof owner>[], ...reservedFor: string[]): ResourceClaim => ({
  metadata: { name: 'gpu', namespace: 'default', uid: 'c-1', ownerReferences },
  status: { reservedFor: reservedFor.map((uid) => ({ uid })) },
});

test('a pod uses a claim that is reserved for it, and one of a template if it is its own', () => {
  const shared = { podClaimName: 'c', name: 'gpu', mustBeOwned: false };
  const own = { ...shared, mustBeOwned: true };
  const pod = podWith();
  checkUse(pod, claim([], 'other', 'u'), shared);
  checkUse(pod, claim([owner('other', false), owner('u')], 'u'), own);
  const notAllowed = { message: 'pod p (u) is not allowed to use ResourceClaim gpu (c-1)' };
  assert.throws(() => checkUse(pod, claim([], 'other'), shared), notAllowed);
  assert.throws(() => checkUse(pod, claim([owner('u')]), own), notAllowed);
  const notOwned = {
    message: 'ResourceClaim default/gpu was not created for Pod default/p (Pod is not owner)',
  };
  assert.throws(() => checkUse(pod, claim([owner('u', false)], 'u'), own), notOwned);
  assert.throws(() => checkUse(pod, claim([owner('other')], 'u'), own), notOwned);
});

test('a claim is prepared by the drivers of its allocation', () => {
  const metadata = { name: 'gpu', namespace: 'default', uid: 'c-1' };
  const allocated = (...results: { driver: string; skipNodeOperations?: string[] }[]): ResourceClaim => ({
    metadata,
    status: { allocation: { devices: { results } } },
  });
  const { drivers, isPrepared } = newClaim(allocated({ driver: 'a' }, { driver: 'b' }, { driver: 'a' }));
  assert.deepEqual(
    [[...drivers], isPrepared],
    [
      [
        ['a', []],
        ['b', []],
      ],
      false,
    ],
  );
  assert.throws(() => newClaim({ metadata }), { message: 'ResourceClaim gpu: not allocated' });
  assert.throws(() => newClaim(allocated({ driver: 'a', skipNodeOperations: ['All'] })), {
    message: 'ResourceClaim gpu: DRAOptionalNodeOperations feature gate is disabled on kubelet',
  });
});
