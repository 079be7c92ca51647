// What a new version of a ConfigMap or Secret may not change.
import { type FieldError, forbidden, invalid } from '../api/field-error.ts';
import type { NodeObject } from './types.ts';

const frozen = 'field is immutable when `immutable` is set';

/** What is wrong with `next` as the successor of `former`, which has the same kind and name. */
export function validateUpdate(former: NodeObject, next: NodeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (former.kind === 'Secret' && next.kind === 'Secret' && former.object.type !== next.object.type) {
    errors.push(invalid('type', next.object.type, 'field is immutable'));
  }
  if (!former.object.immutable) return errors;
  if (!next.object.immutable) errors.push(forbidden('immutable', frozen));
  for (const field of ['data', 'binaryData'] as const) {
    if (!sameValues(valuesOf(former, field), valuesOf(next, field))) errors.push(forbidden(field, frozen));
  }
  return errors;
}

/** The values of one field: those of `binaryData` of a ConfigMap, or the others. */
function valuesOf({ kind, object }: NodeObject, field: 'data' | 'binaryData'): ReadonlyMap<string, Buffer> {
  const binary = kind === 'ConfigMap' ? object.binaryKeys : undefined;
  return new Map(
    [...object.data].filter(([key]) => (binary?.has(key) ?? false) === (field === 'binaryData')),
  );
}

function sameValues(a: ReadonlyMap<string, Buffer>, b: ReadonlyMap<string, Buffer>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key)?.equals(value) === true);
}
