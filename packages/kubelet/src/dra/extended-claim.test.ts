import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExtendedResourceClaim, PodStatus } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { withoutClaimed } from './extended-claim.ts';

test('a container keeps the resources that no claim gives to it', () => {
  const resources = { limits: { 'r/a': '1', cpu: '1' }, requests: { 'r/a': '1' } };
  const pod = testPod({
    initContainers: [{ name: 'init', resources }],
    containers: [
      { name: 'main', resources },
      { name: 'side', resources },
    ],
  });
  const requestMappings = ['init', 'main'].map((containerName) => ({
    containerName,
    resourceName: 'r/a',
    requestName: 'r',
  }));
  const status = (claim: ExtendedResourceClaim): PodStatus => ({ extendedResourceClaimStatus: claim });
  const { spec } = withoutClaimed(pod, status({ resourceClaimName: 'e', requestMappings }));
  const left = { limits: { cpu: '1' }, requests: {} };
  assert.deepEqual(
    [...(spec.initContainers ?? []), ...spec.containers].map((each) => each.resources),
    [left, left, resources],
  );
  assert.equal(withoutClaimed(pod, undefined), pod);
  assert.equal(withoutClaimed(pod, status({ resourceClaimName: '' })), pod);
});
