import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asEncoded } from './as-encoded.ts';

const values: readonly [title: string, type: string, given: object, shown: object][] = [
  ['an empty text is left out', 'core.EnvVar', { name: 'A', value: '' }, { name: 'A' }],
  [
    'an empty text that must be there stays',
    'core.Sysctl',
    { name: 'a', value: '' },
    { name: 'a', value: '' },
  ],
  ['a text that must be there is filled in', 'core.Sysctl', { name: 'a' }, { name: 'a', value: '' }],
  [
    'false is left out',
    'core.VolumeMount',
    { name: 'v', readOnly: false, mountPath: '/' },
    { name: 'v', mountPath: '/' },
  ],
  [
    'a pointer to false stays',
    'core.FileKeySelector',
    { volumeName: 'v', path: 'p', key: 'k', optional: false },
    { volumeName: 'v', path: 'p', key: 'k', optional: false },
  ],
  [
    'a pointer to an empty text stays',
    'core.HostPathVolumeSource',
    { path: '/', type: '' },
    { path: '/', type: '' },
  ],
  ['a pointer to zero stays', 'core.SecurityContext', { runAsUser: 0 }, { runAsUser: 0 }],
  ['zero is left out', 'core.Probe', { initialDelaySeconds: 0, periodSeconds: 5 }, { periodSeconds: 5 }],
  [
    'an empty list and map are left out',
    'core.PodSpec',
    { containers: [], tolerations: [], nodeSelector: {} },
    { containers: [] },
  ],
  [
    'an empty struct of a pointer stays',
    'core.Volume',
    { name: 'v', emptyDir: {} },
    { name: 'v', emptyDir: {} },
  ],
  [
    'a quantity is always shown',
    'core.ResourceFieldSelector',
    { resource: 'limits.cpu' },
    { resource: 'limits.cpu', divisor: '0' },
  ],
  [
    'a quantity behind a pointer is not',
    'core.EmptyDirVolumeSource',
    { medium: 'Memory' },
    { medium: 'Memory' },
  ],
  ['a port is a name', 'core.HTTPGetAction', { port: 'web', path: '/' }, { path: '/', port: 'web' }],
  ['a time is left out', 'v1.ObjectMeta', { name: 'a', labels: { b: '' } }, { name: 'a', labels: { b: '' } }],
];

for (const [title, type, given, shown] of values) {
  test(`encoded by Go, ${title}`, () => assert.deepEqual(asEncoded(type, given), shown));
}

test('encoded by Go, fields are in the order of the struct', () => {
  assert.equal(
    JSON.stringify(asEncoded('core.EnvVar', { value: 'b', name: 'a' })),
    '{"name":"a","value":"b"}',
  );
});
