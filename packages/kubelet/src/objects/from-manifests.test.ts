import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManifestObjects } from './from-manifests.ts';
import { objectKey } from './objects.ts';
import type { NodeObject } from './types.ts';

function object(kind: NodeObject['kind'], name: string, version = '1'): NodeObject {
  const common = { namespace: 'n', name, resourceVersion: version, immutable: false, data: new Map() };
  return kind === 'Secret' ? { kind, object: { ...common, type: 'Opaque' } } : { kind, object: common };
}

test('tells what appeared, changed and went', () => {
  const objects = new ManifestObjects();
  const set = (...all: NodeObject[]) => objects.set(all).map(objectKey).sort();
  assert.deepEqual(set(object('ConfigMap', 'a'), object('Secret', 'a')), ['ConfigMap n/a', 'Secret n/a']);
  assert.deepEqual(set(object('ConfigMap', 'a'), object('Secret', 'a')), []);
  assert.deepEqual(set(object('ConfigMap', 'a', '2'), object('Secret', 'b')), [
    'ConfigMap n/a',
    'Secret n/a',
    'Secret n/b',
  ]);
  assert.equal(objects.configMap('n', 'a')?.resourceVersion, '2');
  assert.equal(objects.secret('n', 'a'), undefined);
  assert.equal(objects.secret('n', 'b')?.type, 'Opaque');
  assert.equal(objects.configMap('other', 'a'), undefined);
});

test('of two with one name the first counts', () => {
  const objects = new ManifestObjects();
  objects.set([object('ConfigMap', 'a', '1'), object('ConfigMap', 'a', '2')]);
  assert.equal(objects.configMap('n', 'a')?.resourceVersion, '1');
});
