// Converts JSON documents to the values of templates, and back.
import type { Json } from '@berth/cri/json/proto-json.ts';
import { byBytes, isList, isMap, JsonNumber, type Value } from '@berth/go-template/values.ts';

/** Pure: the document as a template value. */
export function fromJson(json: Json): Value {
  if (typeof json === 'number') return new JsonNumber(String(json));
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== 'object' || json === null) return json;
  const keys = Object.keys(json).sort(byBytes);
  return new Map(keys.map((key) => [key, fromJson(json[key] ?? null)]));
}

/** Pure: a template value as Go's JSON encoder writes it, with its final line break. */
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
