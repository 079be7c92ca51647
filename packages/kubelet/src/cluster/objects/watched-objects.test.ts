import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { type ObjectRef, objectKey } from '../../objects/objects.ts';
import { testPod } from '../../testing/pod.ts';
import { WatchedObjects } from './watched-objects.ts';

after(redirectLog(() => {}));

const podWith = (name: string) =>
  testPod({ containers: [{ name: 'c', envFrom: [{ configMapRef: { name } }] }] }, { uid: name });
const configMap = (value: string, more: object = {}) => ({
  metadata: { namespace: 'default', name: 'a' },
  data: { key: value },
  ...more,
});

function stage() {
  const notes: string[] = [];
  const listeners = new Map<string, (object: unknown) => void>();
  const objects = new WatchedObjects(
    (ref: ObjectRef, onObject) => {
      notes.push(`watch ${objectKey(ref)}`);
      listeners.set(ref.name, onObject);
      return { stop: () => void notes.push(`stop ${objectKey(ref)}`) };
    },
    (changed) => notes.push(`changed ${changed.map(objectKey)}`),
  );
  const tell = (name: string, object: unknown): void => listeners.get(name)?.(object);
  const value = (name: string): string | undefined =>
    objects.configMap('default', name)?.data.get('key')?.toString();
  return { objects, notes, tell, value };
}

test('an object is watched as long as a pod refers to it', () => {
  const { objects, notes, tell, value } = stage();
  objects.setPods([podWith('a'), { ...podWith('a'), apiVersion: 'v1' }]);
  assert.throws(() => value('a'), /failed to sync configmap cache: timed out waiting for the condition/);
  tell('a', configMap('1'));
  tell('a', configMap('1'));
  assert.equal(value('a'), '1');
  tell('a', configMap('2'));
  tell('a', undefined);
  assert.equal(value('a'), undefined);
  assert.equal(objects.has({ kind: 'ConfigMap', namespace: 'default', name: 'a' }), true);
  objects.setPods([]);
  assert.equal(objects.has({ kind: 'ConfigMap', namespace: 'default', name: 'a' }), false);
  assert.deepEqual(notes, [
    'watch ConfigMap default/a',
    'changed ConfigMap default/a',
    'changed ConfigMap default/a',
    'stop ConfigMap default/a',
  ]);
});

test('an immutable object is watched no longer', () => {
  const { objects, notes, tell, value } = stage();
  objects.setPods([podWith('a')]);
  tell('a', configMap('1', { immutable: true }));
  assert.deepEqual(notes, ['watch ConfigMap default/a', 'stop ConfigMap default/a']);
  objects.setPods([podWith('a')]);
  assert.equal(value('a'), '1');
  assert.equal(notes.length, 2);
});

test('a pod waits for the first answer, for a second at most', async () => {
  const { objects, tell, value } = stage();
  objects.setPods([podWith('a'), podWith('b')]);
  const loaded = objects.load(podWith('a'));
  tell('a', configMap('1'));
  await loaded;
  assert.equal(value('a'), '1');
  const before = performance.now();
  await objects.load(podWith('b'));
  assert.ok(performance.now() - before > 500);
  assert.throws(() => value('b'));
  await objects.load(podWith('none'));
});

test('a pod that has given up waiting is woken by the answer', async () => {
  const { objects, notes, tell } = stage();
  objects.setPods([podWith('a')]);
  await objects.load(podWith('a'));
  tell('a', undefined);
  assert.equal(notes.at(-1), 'changed ConfigMap default/a');
});
