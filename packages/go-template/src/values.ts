// The values of templates: structs, JSON as Go decodes it, and results of functions.

/** A number of a JSON document, kept as text like Go's json.Number. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A Go struct: accessing any other field is an error. */
export class Struct {
  /** Its name in errors. */
  readonly type: string;
  readonly fields: ReadonlyMap<string, Value>;

  constructor(type: string, fields: Readonly<Record<string, Value>>) {
    this.type = type;
    this.fields = new Map(Object.entries(fields));
  }
}

/** The keys of maps are sorted by their bytes. A bigint is an integer, a number a float; null is JSON's null, undefined what is not there at all. */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | JsonNumber
  | Struct
  | bigint
  | number
  | readonly Value[]
  | ReadonlyMap<string, Value>;

/** Go compares strings by their bytes. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export const isMap = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** Pure: the Go type of a value. */
export function typeName(value: Value): string {
  if (value === undefined || value === null) return 'interface {}';
  if (value instanceof JsonNumber) return 'json.Number';
  if (value instanceof Struct) return value.type;
  if (isMap(value)) return 'map[string]interface {}';
  if (isList(value)) return '[]interface {}';
  const names: Readonly<Record<string, string>> = { boolean: 'bool', string: 'string', bigint: 'int' };
  return names[typeof value] ?? 'float64';
}

/** Pure: whether a value is true for `if` and `with`. */
export function isTrue(value: Value): boolean {
  if (isMap(value)) return value.size > 0;
  if (isList(value)) return value.length > 0;
  return value instanceof JsonNumber ? value.text !== '' : Boolean(value);
}

/** Pure: the value as Go prints it; a nested null differs from a top-level one. */
export function printed(value: Value): string {
  return value === undefined || value === null ? '<no value>' : inner(value);
}

/** Pure: the value as the verb %v. */
export function inner(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Struct) return `{${[...value.fields.values()].map(inner).join(' ')}}`;
  if (isList(value)) return `[${value.map(inner).join(' ')}]`;
  if (isMap(value)) return `map[${[...value].map(([key, item]) => `${key}:${inner(item)}`).join(' ')}]`;
  return typeof value === 'number' ? float(value) : String(value);
}

/** Pure: the shortest text of a float, with an exponent of at least two digits below 1e-4 and from 1e21 on. */
export function float(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}
