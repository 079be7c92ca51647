import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameInManifest } from './static-pod-name.ts';

const cases: [name: string, node: string, inManifest: string][] = [
  ['hello-node1', 'node1', 'hello'],
  ['hello-node1', 'Node1', 'hello'],
  ['a-b-node1', 'node1', 'a-b'],
  ['hello-node2', 'node1', 'hello-node2'],
  ['-node1', 'node1', '-node1'],
  ['hello-', '', 'hello-'],
];
for (const [name, node, inManifest] of cases) {
  test(`${name} of ${node || 'no node'} is ${inManifest}`, () => {
    assert.equal(nameInManifest(name, node), inManifest);
  });
}
