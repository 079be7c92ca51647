// The documents that `inspect`, `inspecti`, `inspectp` and `info` print.
import {
  type Json,
  type JsonObject,
  type MessageName,
  type MessageOf,
  toProtoJson,
} from '@berth/cri/json.ts';
import { sortedJson } from './json.ts';
import { goYaml } from './yaml.ts';

export interface StatusDocument {
  status: Json;
  /** Further members beside `status`. */
  more?: JsonObject;
  /** Verbose information: each value is JSON of an object, or text. */
  info: Readonly<Record<string, string>>;
}

/** One document as it is, several as a list. Throws on a format other than json and yaml. */
export function formatStatuses(documents: readonly StatusDocument[], format: string): string {
  const all = documents.map(({ status, more, info }) => ({ status, ...more, ...parseInfo(info) }));
  const value: Json = all.length === 1 ? (all[0] ?? null) : all;
  if (format === 'yaml') return `${goYaml(value)}\n`;
  if (format === 'json') return `${sortedJson(value)}\n`;
  throw new Error(`unsupported format: "${format}"`);
}

function parseInfo(info: Readonly<Record<string, string>>): JsonObject {
  const parsed: JsonObject = {};
  for (const [key, text] of Object.entries(info)) {
    try {
      parsed[key] = text.startsWith('{') ? (JSON.parse(text) as Json) : text.replace(/^"+|"+$/g, '');
    } catch (error) {
      throw new Error(
        `unmarshal status info JSON: ${key}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return parsed;
}

/** The message as JSON, its unset messages as null on the first level and left out below. */
export function shallowNulls<Name extends MessageName>(name: Name, message: MessageOf<Name>): JsonObject {
  const sparse = toProtoJson(name, message, { unsetMessages: 'omit' });
  const keys = Object.keys(toProtoJson(name, message));
  return Object.fromEntries(keys.map((key) => [key, sparse[key] ?? null]));
}
