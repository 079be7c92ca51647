// Checks a parsed manifest against the schema of its kind: drops and reports unknown fields, checks types and required
// fields.

import { messageOf } from '@berth/common/error-message.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { formatQuantity, parseQuantity } from '@berth/common/quantity.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, invalid, join, required, unknownField } from './field-error.ts';
import { podSchema } from './generated/pod-schema.ts';

/** A JSON object with unchecked fields. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What stands in errors for a value that no error may quote. */
export const redacted = '<secret contents redacted>';

/** The kinds of manifests. */
interface Shapes {
  Pod: v1.Pod;
  ConfigMap: v1.ConfigMap;
  Secret: v1.Secret;
}

/**
 * Returns an object that matches the schema of `kind`, and the fields that were dropped; or the errors. Drops nulls and
 * normalizes quantities, so that results can be compared and printed.
 */
export function readShape<Kind extends keyof Shapes>(
  kind: Kind,
  value: unknown,
): { object: Shapes[Kind]; ignored: FieldError[] } | { errors: FieldError[] } {
  const errors: FieldError[] = [];
  const object = readValue(kind, value, '', errors);
  return conforms<Kind>(object, errors) ? { object, ignored: errors } : { errors };
}

/** The shape was checked field by field against the schema: without an error, this is of that kind. */
function conforms<Kind extends keyof Shapes>(
  _value: unknown,
  errors: readonly FieldError[],
): _value is Shapes[Kind] {
  return errors.every(({ isIgnored }) => isIgnored);
}

/** The fields of a type of the schema; `!` marks required fields. */
export function fieldsOf(type: string): Readonly<Record<string, string>> | undefined {
  return podSchema[type];
}

function readValue(type: string, value: unknown, path: string, errors: FieldError[]): unknown {
  if (value === null) return readNull(type, path, errors);
  if (type.startsWith('[]')) return readList(type.slice(2), value, path, errors);
  if (type.startsWith('map:')) return readMap(type.slice(4), value, path, errors);
  const fields = fieldsOf(type);
  return fields ? readObject(type, value, path, errors) : readScalar(type, value, path, errors);
}

/** Decodes a null in a list or map as the API does: to an empty object, or the zero value of the type. */
function readNull(type: string, path: string, errors: FieldError[]): unknown {
  if (type.startsWith('[]') || type.startsWith('map:')) return undefined;
  const fields = fieldsOf(type);
  if (fields) return readObject(type, {}, path, errors);
  if (type === 'bool') return false;
  if (type === 'string' || type === 'time' || type === 'hidden') return '';
  return type === 'quantity' ? '0' : type === 'any' ? null : 0;
}

/** Fields that the API's schema calls required although an empty value is accepted. */
const mayBeMissing: ReadonlySet<string> = new Set(['Sysctl.value']);

function readObject(object: string, value: unknown, path: string, errors: FieldError[]): unknown {
  const fields = fieldsOf(object) ?? {};
  if (!isObject(value)) return wrongType(path, value, 'an object', errors);
  const result: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type === undefined) errors.push(unknownField(path, name, Object.keys(fields)));
    else if (entry !== null) result[name] = readValue(type.replace('!', ''), entry, join(path, name), errors);
  }
  for (const [name, type] of Object.entries(fields)) {
    if (!type.endsWith('!') || result[name] !== undefined) continue;
    if (mayBeMissing.has(`${object}.${name}`)) result[name] = readNull(type.replace('!', ''), path, errors);
    else errors.push(required(join(path, name)));
  }
  return result;
}

function readList(type: string, value: unknown, path: string, errors: FieldError[]): unknown {
  if (!Array.isArray(value)) return wrongType(path, value, 'a list', errors);
  return value.map((entry: unknown, index) => readValue(type, entry, `${path}[${index}]`, errors));
}

function readMap(type: string, value: unknown, path: string, errors: FieldError[]): unknown {
  if (!isObject(value)) return wrongType(path, type === 'hidden' ? redacted : value, 'an object', errors);
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) {
    result[key] = readValue(type, entry, `${path}[${key}]`, errors);
  }
  return { ...result };
}

function readScalar(type: string, value: unknown, path: string, errors: FieldError[]): unknown {
  switch (type) {
    case 'string':
    case 'time':
    case 'hidden':
      if (typeof value === 'string') return value;
      return wrongType(
        path,
        type === 'hidden' ? redacted : value,
        typeof value === 'object' ? 'a string' : 'a string: put it in quotes',
        errors,
      );
    case 'bool':
      return typeof value === 'boolean' ? value : wrongType(path, value, 'true or false', errors);
    case 'int32':
    case 'int64':
      return readInteger(type, value, path, errors);
    case 'intOrString':
      return typeof value === 'string' ? value : readInteger('int32', value, path, errors);
    case 'number':
      return typeof value === 'number' ? value : wrongType(path, value, 'a number', errors);
    case 'quantity':
      return readQuantity(value, path, errors);
    default:
      return withoutBigInts(value);
  }
}

/** An unchecked value; a bigint, which JSON.stringify refuses, becomes a number. */
function withoutBigInts(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withoutBigInts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutBigInts(entry)]));
}

function readInteger(type: 'int32' | 'int64', value: unknown, path: string, errors: FieldError[]): unknown {
  if (typeof value !== 'bigint' && (typeof value !== 'number' || !Number.isInteger(value)))
    return wrongType(path, value, 'a whole number', errors);
  const whole = BigInt(value);
  const limit = type === 'int32' ? 2n ** 31n : 2n ** 63n;
  if (whole >= limit || whole < -limit) return wrongType(path, value, `within the range of ${type}`, errors);
  // The 64-bit fields are seconds, users and groups: precision beyond this range is not needed.
  return Math.min(Math.max(Number(whole), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function readQuantity(value: unknown, path: string, errors: FieldError[]): unknown {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint')
    return wrongType(path, value, 'a quantity', errors);
  try {
    return formatQuantity(parseQuantity(String(value).trim()));
  } catch (error) {
    errors.push(invalid(path, value, messageOf(error)));
    return undefined;
  }
}

function wrongType(path: string, value: unknown, wanted: string, errors: FieldError[]): undefined {
  errors.push(invalid(path, value, `must be ${wanted}`));
  return undefined;
}
