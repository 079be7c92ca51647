import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPlugin, checkRegistration } from './registration-check.ts';

const valid = { version: 'v1beta1', resourceName: 'example.com/dev', endpoint: 'dev.sock' };

test('registrations that are refused, in the words of the real kubelet', () => {
  assert.doesNotThrow(() => checkRegistration(valid));
  assert.doesNotThrow(() => checkRegistration({ ...valid, endpoint: '..dev' }));
  const cases: [change: Partial<typeof valid>, problem: string][] = [
    [
      { version: 'v1alpha' },
      'requested API version "v1alpha" is not supported by kubelet. Supported version is ["v1beta1"]',
    ],
    [{ resourceName: 'dev' }, 'the ResourceName "dev" is invalid'],
    [{ resourceName: 'kubernetes.io/dev' }, 'the ResourceName "kubernetes.io/dev" is invalid'],
    [{ resourceName: 'requests.example.com/dev' }, 'the ResourceName "requests.example.com/dev" is invalid'],
    [{ resourceName: 'example.com/a/b' }, 'the ResourceName "example.com/a/b" is invalid'],
    ...['', '.', '..', '../dev.sock', 'a/b', '/dev.sock', 'a\0b', 'x'.repeat(108)].map(
      (endpoint): [Partial<typeof valid>, string] => [
        { endpoint },
        `the endpoint ${JSON.stringify(endpoint)} is invalid: it has to be the name of a socket`,
      ],
    ),
  ];
  for (const [change, message] of cases) {
    assert.throws(() => checkRegistration({ ...valid, ...change }), { message });
  }
});

test('plugins below plugins_registry that are refused', () => {
  const plugin = { name: 'example.com/dev', endpoint: '/x', supportedVersions: ['v1', 'v1beta1'] };
  assert.doesNotThrow(() => checkPlugin(plugin));
  assert.throws(() => checkPlugin({ ...plugin, supportedVersions: ['v1', 'v2'] }), {
    message: 'manager version, v1beta1, is not among plugin supported versions [v1 v2]',
  });
  assert.throws(() => checkPlugin({ ...plugin, name: 'dev' }), {
    message: 'invalid name of device plugin socket: the ResourceName "dev" is invalid',
  });
});
