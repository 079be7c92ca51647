import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeLabelsProblem } from './node-labels.ts';

test('labels that a kubelet may set', () => {
  const fine = [
    'kubernetes.io/arch',
    'topology.kubernetes.io/zone',
    'node.kubernetes.io/x',
    'sub.node.kubernetes.io/x',
    'kubelet.kubernetes.io/x',
    'example.com/x',
    'plain',
  ];
  for (const label of fine) assert.equal(nodeLabelsProblem({ [label]: 'v' }), undefined, label);
  const forbidden = ['node-role.kubernetes.io/master', 'kubernetes.io/x', 'k8s.io/x', 'a.k8s.io/x'];
  for (const label of forbidden) {
    const expected = `unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${label}]\n`;
    assert.ok(nodeLabelsProblem({ [label]: 'v' })?.startsWith(expected), label);
  }
});

test('labels that are none', () => {
  assert.match(nodeLabelsProblem({ 'a/b/c': '' }) ?? '', /^invalid node labels: 'a\/b\/c' - /);
  assert.match(nodeLabelsProblem({ a: '-' }) ?? '', /^invalid node labels: '-' - /);
});
