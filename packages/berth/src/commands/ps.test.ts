import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { formatPods } from './ps.ts';

const pod = (name: string): v1.Pod => ({
  metadata: { name, namespace: 'default' },
  spec: {
    containers: [
      { name: 'a', image: 'x' },
      { name: 'b', image: 'y' },
    ],
  },
  status: { phase: 'Running' },
});
const object = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', ...pod(name) });
const list = (...names: string[]) => ({
  apiVersion: 'v1',
  items: names.map(object),
  kind: 'List',
  metadata: { resourceVersion: '' },
});

test('JSON and YAML are of one pod when one was asked for, else of a list', () => {
  assert.deepEqual(JSON.parse(formatPods([pod('p')], 'json', true)), object('p'));
  assert.deepEqual(JSON.parse(formatPods([pod('p')], 'json', false)), list('p'));
  assert.deepEqual(JSON.parse(formatPods([pod('p'), pod('q')], 'json', true)), list('p', 'q'));
  assert.match(formatPods([], 'yaml', false), /^apiVersion: v1\nitems: \[\]\nkind: List\n/);
});

test('tables are wide when asked for, and without a header after the first', () => {
  assert.match(
    formatPods([pod('p')], undefined, false),
    /^POD .* AGE\ndefault\/p +0\/2 +Running +0 +- +-\n$/,
  );
  assert.match(formatPods([pod('p')], 'wide', false, 'no header'), /^default\/p .* a,b +x,y\n$/);
  assert.equal(formatPods([pod('p'), pod('q')], 'name', false), 'pod/p\npod/q\n');
  assert.equal(formatPods([], undefined, false), 'No pods run on this node: berth up POD.yaml\n');
});
