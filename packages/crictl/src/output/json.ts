// JSON in the layout of Go's encoders.
import { escapeHtml } from '@berth/common/json/html-escape.ts';
import type { Json } from '@berth/cri/json/proto-json.ts';

/** Indented by two, keys in their order: the layout of protobuf messages. */
export function messageJson(value: Json): string {
  return JSON.stringify(value, null, 2);
}

/**
 * Indented by two, keys sorted, HTML characters escaped: the layout of Go maps, and so of `inspect` and `info`.
 */
export function sortedJson(value: Json): string {
  return print(value, '');
}

function print(value: Json, indent: string): string {
  if (value === null || typeof value !== 'object') return scalar(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + print(item, inner)).join(',\n')}\n${indent}]`;
  }
  const keys = Object.keys(value).sort();
  if (keys.length === 0) return '{}';
  const members = keys.map((key) => `${inner}${scalar(key)}: ${print(value[key] ?? null, inner)}`);
  return `{\n${members.join(',\n')}\n${indent}}`;
}

function scalar(value: null | boolean | number | string): string {
  return typeof value === 'string' ? escapeHtml(JSON.stringify(value)) : JSON.stringify(value);
}
