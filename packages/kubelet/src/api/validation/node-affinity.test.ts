import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, manifest, podOf } from '../../testing/manifest.ts';

function affinity(...nodeSelectorTerms: object[]): string {
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  return manifest({ spec: { affinity: { nodeAffinity: required } } });
}
const expression = (operator: string, ...values: string[]): object => ({
  matchExpressions: [{ key: 'a', operator, values }],
});
const field = (key: string, operator: string, ...values: string[]): object => ({
  matchFields: [{ key, operator, values }],
});

const faults: [terms: object[], expected: string][] = [
  [[], 'nodeSelectorTerms: Required value: must have at least one node selector term'],
  [[expression('In')], "values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
  [[expression('Exists', 'x')], "values: Forbidden: may not be specified when `operator` is 'Exists'"],
  [[expression('Gt', '1', '2')], 'values: Required value: must be specified single value'],
  [[{}, expression('Near')], '[1].matchExpressions[0].operator: Invalid value: "Near": not a valid'],
  [[expression('In', 'ä')], 'values[0]: Invalid value: "ä": a valid label'],
  [[{ matchExpressions: [{ key: 'ä', operator: 'Exists' }] }], 'key: Invalid value: "ä"'],
  [[field('metadata.name', 'Exists')], 'matchFields[0].operator: Invalid value: "Exists"'],
  [[field('metadata.name', 'In', 'a', 'b')], 'values: Required value: must be only one value'],
  [[field('spec.x', 'In', 'a')], 'key: Invalid value: "spec.x": not a valid field selector key'],
  [[field('metadata.name', 'In', 'A')], 'values[0]: Invalid value: "A"'],
];
for (const [terms, expected] of faults) {
  test(`refused: ${expected}`, () => {
    const message = faultOf(affinity(...terms));
    assert.ok(message.includes(expected), message);
  });
}

test('accepted: every operator', () => {
  podOf(affinity({}, expression('In', 'x'), expression('NotIn', 'x'), expression('Exists')));
  podOf(affinity(expression('DoesNotExist'), expression('Gt', '1'), expression('Lt', '1')));
  podOf(affinity(field('metadata.name', 'In', 'a'), field('metadata.name', 'NotIn', 'b')));
});
