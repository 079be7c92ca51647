import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKernel } from '../host/kernel-version.ts';
import { parseFeatures } from './features.ts';

test('what `features` prints', () => {
  const text = JSON.stringify({
    mountOptions: ['ro', 'rro'],
    linux: { namespaces: ['user', 'pid'], netDevices: { enabled: true } },
  });
  assert.deepEqual(parseFeatures(text), { recursiveReadOnly: true, userNamespaces: true, netDevices: true });
  for (const other of ['{}', '{"mountOptions":7,"linux":null}', '{"linux":{"namespaces":["pid"]}}', '[]']) {
    assert.deepEqual(parseFeatures(other), {
      recursiveReadOnly: false,
      userNamespaces: false,
      netDevices: false,
    });
  }
});

test('versions of kernels', () => {
  assert.equal(isKernel('6.1.0-18-amd64', 5, 19), true);
  assert.equal(isKernel('5.19.0', 5, 19), true);
  assert.equal(isKernel('5.4.0', 5, 19), false);
  assert.equal(isKernel('odd', 5, 12), false);
});
