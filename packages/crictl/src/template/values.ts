// The values of templates: JSON as Go decodes it, and what templates make of it.
import type { Json } from '@berth/cri/json.ts';

/** A number of the document, which Go keeps as its text. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A bigint is an integer, a number a float; null is JSON's null, undefined what is not there at all. */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | JsonNumber
  | bigint
  | number
  | readonly Value[]
  | ReadonlyMap<string, Value>;

/** Pure: the document as templates see it. */
export function fromJson(json: Json): Value {
  if (typeof json === 'number') return new JsonNumber(String(json));
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== 'object' || json === null) return json;
  const keys = Object.keys(json).sort(byBytes);
  return new Map(keys.map((key) => [key, fromJson(json[key] ?? null)]));
}

/** Go compares strings by their bytes. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export const isMap = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** Pure: the name of the value's type in Go. */
export function typeName(value: Value): string {
  if (value === undefined || value === null) return 'interface {}';
  if (value instanceof JsonNumber) return 'json.Number';
  if (isMap(value)) return 'map[string]interface {}';
  if (isList(value)) return '[]interface {}';
  const names: Readonly<Record<string, string>> = { boolean: 'bool', string: 'string', bigint: 'int' };
  return names[typeof value] ?? 'float64';
}

/** Pure: whether `if` and `with` take the value for true. */
export function isTrue(value: Value): boolean {
  if (isMap(value)) return value.size > 0;
  if (isList(value)) return value.length > 0;
  return value instanceof JsonNumber ? value.text !== '' : Boolean(value);
}

/** Pure: the value as Go prints it; null within others differs from null alone. */
export function printed(value: Value): string {
  return value === undefined || value === null ? '<no value>' : inner(value);
}

/** Pure: the value as the verb %v. */
export function inner(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (value instanceof JsonNumber) return value.text;
  if (isList(value)) return `[${value.map(inner).join(' ')}]`;
  if (isMap(value)) return `map[${[...value].map(([key, item]) => `${key}:${inner(item)}`).join(' ')}]`;
  return typeof value === 'number' ? float(value) : String(value);
}

/** Pure: the shortest text of a float; exponents of two digits, below 1e-4 and from 1e21. */
export function float(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}

/** Pure: as Go's encoder of JSON writes it, with its final line break. */
export function json(value: Value): string {
  return `${jsonText(value)}\n`;
}

function jsonText(value: Value): string {
  if (value === undefined || value === null) return 'null';
  if (value instanceof JsonNumber) return value.text;
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isMap(value)) {
    return `{${[...value].map(([key, item]) => `${jsonText(key)}:${jsonText(item)}`).join(',')}}`;
  }
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
