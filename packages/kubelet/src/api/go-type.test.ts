import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podSchema } from './generated/pod-schema.ts';
import { goType } from './go-type.ts';

/** The fields that JSON has of a Go struct. */
function jsonFields(name: string): string[] {
  const type = goType(name);
  assert.equal(type.kind, 'struct');
  if (type.kind !== 'struct') return [];
  return type.fields.flatMap((field) => (field.json === undefined ? jsonFields(field.type) : [field.json]));
}

const ofMeta = new Set([
  'LabelSelector',
  'LabelSelectorRequirement',
  'ManagedFieldsEntry',
  'ObjectMeta',
  'OwnerReference',
]);

for (const [name, fields] of Object.entries(podSchema)) {
  if (name === 'ConfigMap' || name === 'Secret') continue;
  test(`the Go struct ${name} has the fields of the API`, () => {
    const goFields = jsonFields(`${ofMeta.has(name) ? 'v1' : 'core'}.${name}`);
    assert.deepEqual(Object.keys(fields).sort(), goFields.sort());
  });
}
