import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podLabels, podOfLabels } from '../kubecontainer/labels.ts';
import { logPath, podDir, podLogDir, terminationDir, volumePath } from './pod-paths.ts';

const roots = { rootDir: '/root', podLogsDir: '/logs' };

test('names that are paths lead nowhere', () => {
  for (const name of ['..', '.', '', 'a/b', '../../etc', 'a\0b']) {
    assert.throws(() => podDir(roots, name), /cannot be the name of a file/);
    assert.throws(
      () => volumePath(roots, 'uid', 'kubernetes.io~empty-dir', name),
      /cannot be the name of a file/,
    );
    assert.throws(() => terminationDir(roots, 'uid', name), /cannot be the name of a file/);
    assert.throws(() => logPath(name, 0), /cannot be the name of a file/);
  }
  const pod = { namespace: 'default', name: 'x', uid: '/../../../etc' };
  assert.throws(() => podLogDir(roots, pod), /cannot be the name of a file/);
});

test("a sandbox whose labels are paths is no pod of a kubelet's, which would remove what is there", () => {
  const labels = { [podLabels.uid]: 'uid', [podLabels.name]: 'pod', [podLabels.namespace]: 'default' };
  assert.deepEqual(podOfLabels(labels), { uid: 'uid', name: 'pod', namespace: 'default' });
  for (const name of [podLabels.uid, podLabels.name, podLabels.namespace]) {
    for (const value of ['../..', '..', '', 'a/b']) {
      assert.equal(podOfLabels({ ...labels, [name]: value }), undefined, `${name}=${value}`);
    }
  }
  assert.equal(podOfLabels({}), undefined);
});
