import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('containers that run together are told with their devices', () => {
  assert.deepEqual(podResources(pod, devicesOf), {
    name: 'p',
    namespace: 'n',
    containers: [
      {
        name: 'sidecar',
        devices: [{ resourceName: 'example.com/b', deviceIds: ['of sidecar'], topology: undefined }],
      },
      {
        name: 'main',
        devices: [{ resourceName: 'example.com/a', deviceIds: ['x'], topology: { nodes: [{ ID: 1n }] } }],
      },
    ],
  });
});

test('v1alpha1 tells of the regular containers', () => {
  assert.deepEqual(podResourcesV1alpha1(pod, devicesOf), {
    name: 'p',
    namespace: 'n',
    containers: [{ name: 'main', devices: [{ resourceName: 'example.com/a', deviceIds: ['x'] }] }],
  });
});
