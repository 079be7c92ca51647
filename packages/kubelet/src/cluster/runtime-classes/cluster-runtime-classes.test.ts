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
const missing = { message: 'runtimeclass.node.k8s.io "sealed" not found' };

test('a class of the cluster names a handler', () => {
  const classes = new ClusterRuntimeClasses();
  assert.equal(classes.handlerOf(ofServer()), '');
  assert.equal(classes.hasSynced, false);
  assert.throws(() => classes.handlerOf(ofServer('sealed')), missing);
  const sealed = { metadata: { name: 'sealed', resourceVersion: '3' }, handler: 'kata' };
  classes.set([withHandlerOnly({ ...sealed, metadata: { ...sealed.metadata, labels: { a: 'b' } } })]);
  assert.equal(classes.hasSynced, true);
  assert.equal(classes.handlerOf(ofServer('sealed')), 'kata');
  classes.set([{ metadata: { name: 'odd' } }, 3]);
  assert.throws(() => classes.handlerOf(ofServer('sealed')), missing);
});

test('a static pod may name a handler', () => {
  const classes = new ClusterRuntimeClasses();
  assert.equal(classes.handlerOf(ofManifest('runc')), undefined);
  classes.set([{ metadata: { name: 'sealed' }, handler: 'kata' }]);
  assert.equal(classes.handlerOf(ofManifest('sealed')), 'kata');
  assert.equal(classes.handlerOf(ofManifest('runc')), undefined);
});
