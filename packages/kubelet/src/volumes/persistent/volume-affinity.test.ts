import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affinityProblem } from './volume-affinity.ts';

test('a volume is used on the nodes that it names', () => {
  const labels = { 'kubernetes.io/hostname': 'n', zone: 'a' };
  const volume = (...terms: [key: string, value: string][]) => ({
    spec: {
      nodeAffinity: {
        required: {
          nodeSelectorTerms: terms.map(([key, value]) => ({
            matchExpressions: [{ key, operator: 'In', values: [value] }],
          })),
        },
      },
    },
  });
  const table: [volume: object, problem: string | undefined][] = [
    [{ spec: {} }, undefined],
    [volume(['zone', 'a']), undefined],
    [volume(['zone', 'b'], ['kubernetes.io/hostname', 'n']), undefined],
    [volume(['zone', 'b']), 'no matching NodeSelectorTerms'],
  ];
  for (const [each, problem] of table) assert.equal(affinityProblem(each, labels), problem);
});
