import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Taint, Toleration } from 'kubernetes-types/core/v1.d.ts';
import { testNodeFacts } from '../testing/node-facts.ts';
import { testPod } from '../testing/pod.ts';
import { NodeUsage } from './node-usage.ts';
import { checkTaints } from './taints.ts';

const noExecute: Taint = { key: 'k', value: 'v', effect: 'NoExecute' };

function isAdmitted(tolerations: Toleration[], taint: Taint, source = 'api'): boolean {
  const pod = testPod(
    { tolerations, containers: [{ name: 'c' }] },
    { annotations: { 'kubernetes.io/config.source': source } },
  );
  const verdict = checkTaints(pod, testNodeFacts({ taints: [taint] }), new NodeUsage());
  if (verdict === 'admitted') return true;
  assert.equal(verdict.reason, 'TaintToleration');
  assert.equal(
    verdict.message,
    "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
  );
  return false;
}

test('which tolerations a pod needs', () => {
  const number: Taint = { key: 'k', value: '5', effect: 'NoExecute' };
  const cases: [tolerations: Toleration[], taint: Taint, isAdmitted: boolean][] = [
    [[], noExecute, false],
    [[], { ...noExecute, effect: 'NoSchedule' }, true],
    [[{ operator: 'Exists' }], noExecute, true],
    [[{ key: 'k', operator: 'Exists' }], noExecute, true],
    [[{ key: 'k', value: 'v' }], noExecute, true],
    [[{ key: 'k', operator: 'Equal', value: 'w' }], noExecute, false],
    [[{ key: 'l', operator: 'Exists' }], noExecute, false],
    [[{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }], noExecute, false],
    [[{ key: 'k', operator: 'Gt', value: '4' }], number, true],
    [[{ key: 'k', operator: 'Gt', value: '5' }], number, false],
    [[{ key: 'k', operator: 'Lt', value: '6' }], number, true],
    [[{ key: 'k', operator: 'Lt', value: 'x' }], number, false],
    [[{ key: 'k', operator: 'Like', value: '5' }], number, false],
  ];
  for (const [tolerations, taint, expected] of cases) {
    assert.equal(isAdmitted(tolerations, taint), expected, JSON.stringify([tolerations, taint]));
  }
});

test('a static pod stays on any node', () => {
  assert.equal(isAdmitted([], noExecute, 'file'), true);
});
