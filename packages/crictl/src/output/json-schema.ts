// The JSON schema of pod and container config files, for editors.
import { enums, messages, type SchemaField } from '@berth/cri/generated/schema.ts';
import type { Json, JsonObject } from '@berth/cri/json/proto-json.ts';
import { messageJson } from './json.ts';

type ConfigName = 'PodSandboxConfig' | 'ContainerConfig';

/** Pure: the schema of a message and its nested messages, with a final line break. */
export function jsonSchema(name: ConfigName): string {
  const names = [...reachable(name, new Set())].sort();
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://k8s.io/cri-api/pkg/apis/runtime/v1/${kebab(name)}`,
    $ref: `#/$defs/${goName(name)}`,
    $defs: Object.fromEntries(names.map((message) => [goName(message), definition(message)])),
  };
  return `${messageJson(schema)}\n`;
}

function reachable(name: string, found: Set<string>): Set<string> {
  if (found.has(name) || !(name in messages)) return found;
  found.add(name);
  for (const [, , , type] of messages[name] ?? []) reachable(type, found);
  return found;
}

function definition(message: string): JsonObject {
  const fields = messages[message] ?? [];
  return {
    properties: Object.fromEntries(fields.map((field) => [field[0], property(field)])),
    additionalProperties: false,
    type: 'object',
  };
}

function property([, , kind, type]: SchemaField): Json {
  if (kind === 'repeated') return { items: valueType(type), type: 'array' };
  if (kind === 'map') return { additionalProperties: valueType(type), type: 'object' };
  return valueType(type);
}

function valueType(type: string): JsonObject {
  if (type in messages) return { $ref: `#/$defs/${goName(type)}` };
  if (type in enums) return { oneOf: [{ type: 'string' }, { type: 'integer' }] };
  if (type === 'bool') return { type: 'boolean' };
  if (type === 'double') return { type: 'number' };
  return { type: type === 'string' || type === 'bytes' ? 'string' : 'integer' };
}

const goName = (name: string) => name.replaceAll('.', '_');

const kebab = (name: string) => name.replace(/\B[A-Z]/g, '-$&').toLowerCase();
