import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { findPod, findPods, shortName } from './find.ts';

const pod = (namespace: string, name: string, change: object = {}): v1.Pod => ({
  metadata: { namespace, name, uid: `${namespace}/${name}`, ...change },
  spec: { nodeName: 'node1', containers: [] },
});
const pods = [
  pod('default', 'hello-node1'),
  pod('default', 'hello-world-node1'),
  pod('default', 'both-node1'),
  pod('shop', 'both-node1'),
  pod('shop', 'real'),
  pod('default', 'real-node1'),
  pod('default', 'changed-node1', { uid: 'old', deletionTimestamp: '2026-11-30T00:00:00Z' }),
  pod('default', 'changed-node1', { uid: 'new' }),
];

const cases: [word: string, uid: string | RegExp][] = [
  ['hello', 'default/hello-node1'],
  ['default/hello', 'default/hello-node1'],
  ['hello-node1', 'default/hello-node1'],
  ['default/hello-node1', 'default/hello-node1'],
  ['shop/both', 'shop/both-node1'],
  ['real', 'shop/real'],
  ['default/real', 'default/real-node1'],
  ['changed', 'new'],
  ['both', /^pod both is ambiguous, it matches 2:\nPOD .*\ndefault\/both .*\nshop\/both /],
  ['hell', /^there is no pod hell on this node, only default\/both, default\/changed, default\/hello, /],
];
for (const [word, wanted] of cases) {
  test(`the pod ${word}`, () => {
    if (typeof wanted === 'string') assert.equal(findPod(word, pods).metadata?.uid, wanted);
    else assert.throws(() => findPod(word, pods), { message: wanted });
  });
}

test('several words mean each pod once, and a node without pods says so', () => {
  const names = findPods(['hello', 'default/hello', 'real'], pods).map(shortName);
  assert.deepEqual(names, ['hello', 'real']);
  assert.throws(() => findPod('x', []), { message: 'there is no pod x on this node' });
});
