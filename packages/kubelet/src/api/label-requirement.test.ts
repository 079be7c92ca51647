import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meetsRequirement } from './label-requirement.ts';

const labels = { zone: 'a' };

for (const [key, operator, values, expected] of [
  ['zone', 'In', ['b', 'a'], true],
  ['zone', 'In', ['b'], false],
  ['none', 'In', ['a'], false],
  ['zone', 'NotIn', ['b'], true],
  ['none', 'NotIn', ['a'], true],
  ['zone', 'NotIn', ['a'], false],
  ['zone', 'Exists', [], true],
  ['constructor', 'Exists', [], false],
  ['constructor', 'DoesNotExist', [], true],
  ['zone', 'Gt', ['1'], undefined],
] as const) {
  test(`${key} ${operator} ${values}: ${expected}`, () => {
    assert.equal(meetsRequirement({ key, operator, values }, labels), expected);
  });
}
