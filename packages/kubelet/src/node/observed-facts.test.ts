import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testNodeFacts } from '../testing/node-facts.ts';
import { observedFacts } from './observed-facts.ts';

test('labels, taints and extended resources are those of the object, and sizes are the own ones', () => {
  const own = testNodeFacts();
  const taints = [{ key: 'k', effect: 'NoExecute' }];
  const facts = observedFacts(own, {
    metadata: { name: 'n', labels: { a: 'b', 'kubernetes.io/os': 'x' } },
    spec: { taints },
    status: { allocatable: { cpu: '100', 'example.com/gpu': '2' } },
  });
  assert.deepEqual(facts, {
    ...own,
    labels: { a: 'b', 'kubernetes.io/os': 'linux' },
    taints,
    allocatable: new Map([...own.allocatable, ['example.com/gpu', 2_000_000_000n]]),
  });
  const without = observedFacts(facts, { metadata: { name: 'n' } });
  assert.deepEqual(without, { ...own, labels: { 'kubernetes.io/os': 'linux' }, taints: [] });
});
