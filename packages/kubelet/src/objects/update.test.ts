import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../api/field-error.ts';
import { objectOf } from '../testing/manifest.ts';
import { validateUpdate } from './update.ts';

const meta = { apiVersion: 'v1', metadata: { name: 'x' } };
const configMap = (fields: object) => objectOf(JSON.stringify({ kind: 'ConfigMap', ...meta, ...fields }));
const secret = (fields: object) => objectOf(JSON.stringify({ kind: 'Secret', ...meta, ...fields }));
const frozen = 'Forbidden: field is immutable when `immutable` is set';
const fixed = { immutable: true, data: { a: '1' }, binaryData: { b: 'Yg==' } };

for (const [what, former, next, want] of [
  ['any change', configMap({ data: { a: '1' } }), configMap({ data: { a: '2' } }), []],
  ['what becomes immutable', configMap({ data: { a: '1' } }), configMap(fixed), []],
  ['no change', configMap(fixed), configMap(fixed), []],
  ['another value', configMap(fixed), configMap({ ...fixed, data: { a: '2' } }), [`data: ${frozen}`]],
  ['another key', configMap(fixed), configMap({ ...fixed, data: { a: '1', c: '' } }), [`data: ${frozen}`]],
  [
    'a moved key',
    configMap(fixed),
    configMap({ immutable: true, data: { a: '1', b: 'b' } }),
    [`data: ${frozen}`, `binaryData: ${frozen}`],
  ],
  [
    'what becomes mutable',
    configMap(fixed),
    configMap({ ...fixed, immutable: false }),
    [`immutable: ${frozen}`],
  ],
  [
    'a Secret',
    secret({ immutable: true }),
    secret({ stringData: { a: '1' } }),
    [`immutable: ${frozen}`, `data: ${frozen}`],
  ],
  ['another type', secret({}), secret({ type: 'x' }), ['type: Invalid value: "x": field is immutable']],
] as const) {
  test(`an update with ${what}`, () => {
    assert.deepEqual(validateUpdate(former, next).map(formatFieldError), want);
  });
}
