// Messages in protobuf's text format on one line, for --debug and a few errors.
import { enums, messages, type SchemaField } from '@berth/cri/generated/schema.ts';
import type { MessageName, MessageOf } from '@berth/cri/json/proto-json.ts';

/** Pure: `name:"x" state:{state:SANDBOX_READY}`, without unset fields. */
export function protoText<Name extends MessageName>(name: Name, message: MessageOf<Name>): string {
  return fieldsText(name, { ...(message as object) });
}

function fieldsText(name: string, message: Record<string, unknown>): string {
  return (messages[name] ?? []).flatMap((field) => fieldText(field, message)).join(' ');
}

function fieldText([name, , kind, type]: SchemaField, message: Record<string, unknown>): string[] {
  const value = message[name.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())];
  if (kind === 'repeated') {
    return (Array.isArray(value) ? value : []).map((item) => `${name}:${valueText(type, item)}`);
  }
  if (kind === 'map') {
    const entries = Object.entries({ ...(value as object) }).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(
      ([key, item]) => `${name}:{key:${JSON.stringify(key)} value:${valueText(type, item)}}`,
    );
  }
  if (value === undefined || value === '' || value === false || Number(value) === 0) return [];
  if (value instanceof Uint8Array && value.length === 0) return [];
  return [`${name}:${valueText(type, value)}`];
}

function valueText(type: string, value: unknown): string {
  if (type in messages) return `{${fieldsText(type, { ...(value as object) })}}`;
  const values = enums[type];
  if (values) return Object.keys(values).find((key) => values[key] === value) ?? String(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString());
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
