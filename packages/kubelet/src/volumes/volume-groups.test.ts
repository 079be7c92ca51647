import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import type { PreparedVolume } from './plugin.ts';
import { namedGroup, volumeGroups } from './volume-groups.ts';

const volume = (group?: string): PreparedVolume => ({
  from: 'node',
  path: '/v',
  isReadOnly: false,
  isRelabelled: false,
  group,
});

test('a pod has the groups of its volumes, each once, but for its own', () => {
  const groups = (supplementalGroups: number[], ...named: (string | undefined)[]): bigint[] => {
    const pod = testPod({ containers: [{ name: 'a' }], securityContext: { supplementalGroups, fsGroup: 7 } });
    return volumeGroups(pod, new Map(named.map((group, index) => [`v${index}`, volume(group)])));
  };
  assert.deepEqual(groups([], undefined), []);
  assert.deepEqual(groups([1], '1001', undefined, '1002', '1001', '1', '7'), [1001n, 1002n, 7n]);
  assert.deepEqual(groups([], 'staff', '', ' 5', '5.0', '99999999999999999999', '+5'), [5n]);
  assert.deepEqual(
    volumeGroups(testPod({ containers: [{ name: 'a' }] }), new Map([['i', { from: 'image' } as const]])),
    [],
  );
});

test('the group is in an annotation of the persistent volume', () => {
  assert.equal(namedGroup({}), undefined);
  assert.equal(namedGroup({ metadata: { annotations: { 'pv.beta.kubernetes.io/gid': '5' } } }), '5');
});
