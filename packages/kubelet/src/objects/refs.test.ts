import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { objectKey } from './objects.ts';
import { objectRefs, refersToAny } from './refs.ts';

const optional = { optional: true };
const pod = testPod(
  {
    initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'a' } }, { secretRef: { name: 'b' } }] }],
    containers: [
      {
        name: 'c',
        env: [
          { name: 'X', value: '1' },
          { name: 'Y', valueFrom: { configMapKeyRef: { name: 'c', key: 'k', ...optional } } },
          { name: 'Z', valueFrom: { secretKeyRef: { name: 'd', key: 'k' } } },
        ],
      },
    ],
    volumes: [
      { name: 'v', configMap: { name: 'a' } },
      { name: 'w', secret: { secretName: 'e' } },
      { name: 'x', projected: { sources: [{ secret: { name: 'f' } }, { configMap: { name: 'g' } }] } },
      { name: 'y', emptyDir: {} },
      { name: 'z', flexVolume: { driver: 'd', secretRef: { name: 'i' } } },
      { name: 's', iscsi: { targetPortal: 'p', iqn: 'i', lun: 0, secretRef: { name: 'j' } } },
    ],
    imagePullSecrets: [{ name: 'h' }, {}],
  },
  { namespace: 'n' },
);

test('every reference counts once, in the namespace of the pod', () => {
  assert.deepEqual(objectRefs(pod).map(objectKey), [
    'ConfigMap n/a',
    'Secret n/b',
    'ConfigMap n/c',
    'Secret n/d',
    'Secret n/e',
    'Secret n/f',
    'ConfigMap n/g',
    'Secret n/i',
    'Secret n/j',
    'Secret n/h',
  ]);
});

test('a pod refers to an object of the kind only', () => {
  assert.ok(refersToAny(pod, new Set(['ConfigMap n/x', 'Secret n/h'])));
  assert.ok(!refersToAny(pod, new Set(['ConfigMap n/h', 'Secret n/a', 'Secret default/h'])));
});
