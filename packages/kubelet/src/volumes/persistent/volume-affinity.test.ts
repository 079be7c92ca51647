import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkVolumeAffinity } from './volume-affinity.ts';

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
  checkVolumeAffinity({ spec: {} }, labels);
  checkVolumeAffinity(volume(['zone', 'a']), labels);
  checkVolumeAffinity(volume(['zone', 'b'], ['kubernetes.io/hostname', 'n']), labels);
  assert.throws(() => checkVolumeAffinity(volume(['zone', 'b']), labels), /no matching NodeSelectorTerms/);
});
