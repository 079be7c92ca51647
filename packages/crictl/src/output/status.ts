// Prints the documents of `inspect`, `inspecti`, `inspectp` and `info`.
import { messageOf } from '@berth/common/error-message.ts';
import {
  type Json,
  type JsonObject,
  type MessageName,
  type MessageOf,
  toProtoJson,
} from '@berth/cri/json/proto-json.ts';
import { goYaml } from '@berth/go-yaml/print.ts';
import { within } from '../errors/within.ts';
import { sortedJson } from './json.ts';

/** The flags of these commands. */
export const formatFlags = {
  output: {
    type: 'string',
    aliases: ['o'],
    usage: 'Output format: json, yaml, go-template or table; json unless given',
  },
  template: { type: 'string', usage: 'Go template for --output go-template, such as {{.status.id}}' },
} as const;

export interface StatusDocument {
  status: Json;
  /** Further members beside `status`. */
  more?: JsonObject;
  /** Verbose information: each value is JSON of an object, or text. */
  info: Readonly<Record<string, string>>;
}

/**
 * Formats one document, or several as a list, as `json`, `yaml`, or with `template` as `go-template`. Throws for other
 * formats.
 */
export async function formatStatuses(
  documents: readonly StatusDocument[],
  { output, template }: { output: string; template: string },
): Promise<string> {
  const all = documents.map(({ status, more, info }) => ({ status, ...more, ...parseInfo(info) }));
  const value: Json = all.length === 1 ? (all[0] ?? null) : all;
  switch (output || 'json') {
    case 'yaml':
      return `${goYaml(value)}\n`;
    case 'json':
      return `${sortedJson(value)}\n`;
    case 'go-template': {
      const { executeTemplate } = await import('../template/execute.ts');
      return `${await within('execute template', () => executeTemplate(template, value))}\n`;
    }
    default:
      throw new Error(`unsupported format: "${output}"`);
  }
}

function parseInfo(info: Readonly<Record<string, string>>): JsonObject {
  const parsed: JsonObject = {};
  for (const [key, text] of Object.entries(info)) {
    try {
      parsed[key] = text.startsWith('{') ? (JSON.parse(text) as Json) : text.replace(/^"+|"+$/g, '');
    } catch (error) {
      throw new Error(`unmarshal status info JSON: ${key}: ${messageOf(error)}`);
    }
  }
  return parsed;
}

/** The message as JSON. Unset messages are null at the top level and omitted below. */
export function shallowNulls<Name extends MessageName>(name: Name, message: MessageOf<Name>): JsonObject {
  const sparse = toProtoJson(name, message, { unsetMessages: 'omit' });
  const keys = Object.keys(toProtoJson(name, message));
  return Object.fromEntries(keys.map((key) => [key, sparse[key] ?? null]));
}
