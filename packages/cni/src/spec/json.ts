// JSON as Go reads and writes it: field names without case, escapes, sorted keys.
import { escapeHtml } from '@berth/common/json/html-escape.ts';
import { isObject } from '@berth/common/json/is-object.ts';

/** A JSON value as `JSON.parse` gives it. */
export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** True for a JSON object, not for an array or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value);
}

/**
 * A field of an object as Go's encoding/json finds it, ignoring case: plugins and configurations may write `IPs` or
 * `Type`. Null counts as absent, because it leaves a Go field unset.
 */
export function goField(from: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(from, name)) return from[name] ?? undefined;
  const wanted = name.toLowerCase();
  const key = Object.keys(from).findLast((each) => each.toLowerCase() === wanted);
  return key === undefined ? undefined : (from[key] ?? undefined);
}

/** The type of a JSON value in words, for errors. */
export function jsonTypeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * JSON as Go's encoding/json writes it: `<`, `>`, `&` and the two Unicode line separators are escaped. Cache files have
 * to equal those of libcni byte for byte.
 */
export function goJson(value: Json): string {
  return escapeHtml(JSON.stringify(value));
}

/** The same value with the keys of every object in byte order, as Go writes a map. */
export function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => byBytes(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

/** Compares strings by their UTF-8 bytes, as Go does. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
