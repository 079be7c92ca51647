// Converts CRI messages to and from protobuf's JSON (https://protobuf.dev/programming-guides/json/).
import { isObject } from '@berth/common/json/is-object.ts';
import type * as api from '../generated/api.ts';
import { enums, messages, type SchemaField } from '../generated/schema.ts';

type Api = typeof api;
type Codecs = { [Name in keyof Api as Api[Name] extends { fromPartial: unknown } ? Name : never]: Api[Name] };

/** The name of a CRI message, such as `PodSandboxStatus`. */
export type MessageName = keyof Codecs;
/** The type of the message of that name. */
export type MessageOf<Name extends MessageName> =
  Codecs[Name] extends api.MessageFns<infer Message> ? Message : never;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const integer64 = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

/**
 * `message` with every field present (what Go calls EmitUnpopulated): enums by name, 64-bit integers as
 * strings, bytes as base64 (but values of environment variables as text), and unset messages as null, or left out with `unsetMessages: 'omit'`.
 */
export function toProtoJson<Name extends MessageName>(
  name: Name,
  message: MessageOf<Name>,
  options: { unsetMessages?: 'null' | 'omit' } = {},
): JsonObject {
  return messageToJson(name, { ...(message as object) }, options.unsetMessages === 'omit');
}

/** Signals have a prefix since CRI 0.37; programs that parse the JSON expect them without. */
const enumName = (type: string, name: string) => (type === 'Signal' ? name.replace(/^SIGNAL_/, '') : name);

/** Fields new in CRI 0.37: omitted when empty, so that the output stays as before. */
const isNew = (message: string, field: string) => message === 'Mount' && field === 'mount_options';

// The value of an environment variable was a string before it became bytes, and stays one in JSON.
const isText = (message: string, type: string) => message === 'KeyValue' && type === 'bytes';

function messageToJson(name: string, message: Record<string, unknown>, omitUnset: boolean): JsonObject {
  const json: JsonObject = {};
  for (const [field, , kind, type] of messages[name] ?? []) {
    const key = camelCase(field);
    const value = message[key];
    if (isText(name, type)) {
      json[key] = Buffer.from((value as Uint8Array | undefined) ?? []).toString();
    } else if (kind === 'repeated') {
      const items = Array.isArray(value) ? value : [];
      if (items.length === 0 && isNew(name, field)) continue;
      json[key] = items.map((item) => valueToJson(type, item, omitUnset));
    } else if (kind === 'map') {
      const entries = Object.entries({ ...(value as object) }).sort(([a], [b]) => (a < b ? -1 : 1));
      json[key] = Object.fromEntries(
        entries.map(([entry, item]) => [entry, valueToJson(type, item, omitUnset)]),
      );
    } else if (value === undefined && type in messages) {
      if (!omitUnset) json[key] = null;
    } else {
      json[key] = valueToJson(type, value, omitUnset);
    }
  }
  return json;
}

function valueToJson(type: string, value: unknown, omitUnset: boolean): Json {
  if (type in messages) return messageToJson(type, { ...(value as object) }, omitUnset);
  const values = enums[type];
  if (values) {
    const known = Object.keys(values).find((name) => values[name] === value);
    return known === undefined ? Number(value) : enumName(type, known);
  }
  if (integer64.has(type)) return String(value ?? 0);
  if (type === 'bytes') return Buffer.from((value as Uint8Array | undefined) ?? []).toString('base64');
  if (type === 'bool') return Boolean(value);
  if (type === 'string') return String(value ?? '');
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : String(number);
}

/** Deviations from protobuf's JSON that are accepted. */
export interface FromJsonOptions {
  /** Called for unknown fields; without it they are errors. */
  readonly onUnknown?: (problem: string) => void;
  /** Converts a number or boolean in place of a string; without it such a value is an error. */
  readonly textOf?: (value: boolean | number | bigint) => string;
}

/**
 * Converts parsed JSON or YAML to the message `name`. Field names are those of the proto (`log_directory`) or camelCase,
 * or else match without case; enums are names or numbers; 64-bit integers are numbers or strings; null is unset. Throws
 * an Error that names the field for a value of the wrong type, and for an unknown field.
 */
export function fromProtoJson<Name extends MessageName>(
  name: Name,
  value: unknown,
  options: FromJsonOptions = {},
): MessageOf<Name> {
  // The walk gives every field of the schema a value of the type that the schema names.
  return messageFromJson(name, value, '', options) as unknown as MessageOf<Name>;
}

function messageFromJson(
  name: string,
  value: unknown,
  path: string,
  options: FromJsonOptions,
): Record<string, unknown> {
  if (!isObject(value)) throw wrongType(path, name, value);
  const fields = messages[name] ?? [];
  const message: Record<string, unknown> = {};
  for (const field of fields) message[camelCase(field[0])] = defaultOf(field);
  for (const [key, item] of Object.entries(value)) {
    const field =
      fields.find(([proto]) => proto === key || camelCase(proto) === key) ??
      fields.find(([proto]) => proto.toLowerCase() === key.toLowerCase());
    const at = path === '' ? key : `${path}.${key}`;
    if (field === undefined) {
      const problem = `unknown field "${at}" (${name} has no such field)`;
      if (options.onUnknown === undefined) throw new Error(problem);
      options.onUnknown(problem);
      continue;
    }
    if (item === null || item === undefined) continue;
    message[camelCase(field[0])] = isText(name, field[3])
      ? Buffer.from(String(valueFromJson('string', item, at, options)))
      : fieldFromJson(field, item, at, options);
  }
  return message;
}

function defaultOf([, , kind, type]: SchemaField): unknown {
  if (kind === 'repeated') return [];
  if (kind === 'map') return {};
  if (type in messages) return undefined;
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (type === 'bytes') return Buffer.alloc(0);
  return integer64.has(type) ? 0n : 0;
}

function fieldFromJson(
  [, , kind, type]: SchemaField,
  value: unknown,
  path: string,
  options: FromJsonOptions,
): unknown {
  if (kind === 'repeated') {
    if (!Array.isArray(value)) throw wrongType(path, `a list of ${type}`, value);
    return value.map((item, index) => valueFromJson(type, item, `${path}[${index}]`, options));
  }
  if (kind === 'map') {
    if (!isObject(value)) throw wrongType(path, `a map to ${type}`, value);
    const entries = Object.entries({ ...value });
    return Object.fromEntries(
      entries.map(([key, item]) => [key, valueFromJson(type, item, `${path}.${key}`, options)]),
    );
  }
  return valueFromJson(type, value, path, options);
}

function valueFromJson(type: string, value: unknown, path: string, options: FromJsonOptions): unknown {
  if (type in messages) return messageFromJson(type, value ?? {}, path, options);
  if (value === null) return defaultOf(['', 0, 'single', type]);
  const values = enums[type];
  if (values) return enumFromJson(type, values, value, path);
  if (type === 'string') {
    if (typeof value === 'string') return value;
    if (options.textOf && isNumberOrBoolean(value)) return options.textOf(value);
  } else if (type === 'bool') {
    if (typeof value === 'boolean') return value;
  } else if (type === 'bytes') {
    if (value instanceof Uint8Array) return value;
    if (typeof value === 'string' && /^[A-Za-z0-9+/_-]*=*$/.test(value)) return Buffer.from(value, 'base64');
  } else if (type === 'double') {
    if (typeof value === 'number') return value;
  } else {
    const parsed = integerFromJson(type, value);
    if (parsed !== undefined) return parsed;
  }
  throw wrongType(path, type, value);
}

function isNumberOrBoolean(value: unknown): value is boolean | number | bigint {
  return typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint';
}

function enumFromJson(type: string, values: Record<string, number>, value: unknown, path: string): number {
  const known = Object.keys(values).find((name) => name === value || enumName(type, name) === value);
  if (known !== undefined) return values[known] ?? 0;
  if (typeof value === 'number' && Object.values(values).includes(value)) return value;
  const names = Object.keys(values).slice(0, 8).join(', ');
  throw new Error(`${path}: ${JSON.stringify(value)} is not a ${type} (${names})`);
}

const integerRanges: Record<string, readonly [bigint, bigint]> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

function integerFromJson(type: string, value: unknown): bigint | number | undefined {
  const isInteger =
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isSafeInteger(value)) ||
    (typeof value === 'string' && /^-?\d+$/.test(value));
  const range = integerRanges[type];
  if (!isInteger || range === undefined) return undefined;
  const whole = BigInt(value);
  if (whole < range[0] || whole > range[1]) return undefined;
  return integer64.has(type) ? whole : Number(whole);
}

function wrongType(path: string, expected: string, value: unknown): Error {
  const given = Array.isArray(value) ? 'a list' : typeof value === 'bigint' ? value : JSON.stringify(value);
  return new Error(`${path === '' ? 'the document' : path}: expected ${expected}, got ${given}`);
}

/** `log_directory` → `logDirectory`, as protobuf derives JSON names. */
function camelCase(field: string): string {
  return field.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
