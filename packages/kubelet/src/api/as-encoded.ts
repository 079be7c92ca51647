// What is left of a value after Go decoded it and encoded it again, as the API server and the real kubelet do with all that
// they show: fields in Go's order, zero values left out or filled in by the field's rule.
import { isObject } from '@berth/common/json/is-object.ts';
import { type GoField, type GoType, goType } from './go-type.ts';

/** The value, whose Go type has this name (`core.Pod`), as JSON shows it. Fields that the type does not have are dropped. */
export function asEncoded<Value>(typeName: string, value: Value): Value;
export function asEncoded(typeName: string, value: unknown): unknown {
  const type = goType(typeName);
  switch (type.kind) {
    case 'pointer':
      return value === undefined ? undefined : asEncoded(type.of, value);
    case 'slice':
      return Array.isArray(value) ? value.map((entry: unknown) => asEncoded(type.of, entry)) : undefined;
    case 'map':
      if (!isObject(value)) return undefined;
      return Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [key, asEncoded(type.of, entry)]),
      );
    case 'struct': {
      const given = isObject(value) ? value : {};
      return Object.fromEntries(type.fields.flatMap((field) => encodedField(field, given)));
    }
    default:
      return value ?? zeroOf(type.kind);
  }
}

function encodedField(field: GoField, given: Readonly<Record<string, unknown>>): [string, unknown][] {
  if (field.json === undefined) return Object.entries(asEncoded(field.type, given));
  const value = asEncoded(field.type, given[field.json]);
  if (value === undefined || (field.omitsZero && isZero(goType(field.type), value))) return [];
  return [[field.json, value]];
}

/** What Go shows of a value that was not given; undefined where that would be null. */
function zeroOf(kind: GoType['kind']): unknown {
  if (kind === 'string') return '';
  if (kind === 'bool') return false;
  if (kind === 'int' || kind === 'intOrString') return 0;
  return kind === 'quantity' ? '0' : undefined;
}

function isZero({ kind }: GoType, value: unknown): boolean {
  // A pointer to a zero value is not zero.
  if (kind === 'pointer') return false;
  if (Array.isArray(value)) return value.length === 0;
  return kind === 'map' ? isObject(value) && Object.keys(value).length === 0 : value === zeroOf(kind);
}
