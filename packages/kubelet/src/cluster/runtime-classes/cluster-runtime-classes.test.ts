import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../../testing/pod.ts';
import { ClusterRuntimeClasses, withHandlerOnly } from './cluster-runtime-classes.ts';

const ofServer = (runtimeClassName?: string) =>
  testPod(
    { containers: [], ...(runtimeClassName !== undefined && { runtimeClassName }) },
    { annotations: { 'kubernetes.io/config.source': 'api' } },
  );
const ofManifest = (runtimeClassName: string) =>
  testPod({ containers: [], runtimeClassName }, { annotations: { 'kubernetes.io/config.source': 'file' } });
const missing = { problem: 'runtimeclass.node.k8s.io "sealed" not found' };

test('a class of the cluster names a handler', () => {
  const classes = new ClusterRuntimeClasses();
  assert.deepEqual(classes.handlerOf(ofServer()), { name: '', isNamed: false });
  assert.equal(classes.hasSynced, false);
  assert.deepEqual(classes.handlerOf(ofServer('sealed')), missing);
  const sealed = { metadata: { name: 'sealed', resourceVersion: '3' }, handler: 'kata' };
  classes.set([withHandlerOnly({ ...sealed, metadata: { ...sealed.metadata, labels: { a: 'b' } } })]);
  assert.equal(classes.hasSynced, true);
  assert.deepEqual(classes.handlerOf(ofServer('sealed')), { name: 'kata', isNamed: false });
  classes.set([{ metadata: { name: 'odd' } }, 3]);
  assert.deepEqual(classes.handlerOf(ofServer('sealed')), missing);
});

test('a static pod may name a handler', () => {
  const classes = new ClusterRuntimeClasses();
  assert.deepEqual(classes.handlerOf(ofManifest('runc')), { name: 'runc', isNamed: true });
  classes.set([{ metadata: { name: 'sealed' }, handler: 'kata' }]);
  assert.deepEqual(classes.handlerOf(ofManifest('sealed')), { name: 'kata', isNamed: false });
  assert.deepEqual(classes.handlerOf(ofManifest('runc')), { name: 'runc', isNamed: true });
});
