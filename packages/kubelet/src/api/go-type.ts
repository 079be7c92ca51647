// The Go types of the real kubelet's pod, as generated/go-types.ts names them.
import { goNamedTypes, goStructs } from './generated/go-types.ts';

/** A field of a Go struct. */
export interface GoField {
  /** Its name in Go. */
  name: string;
  /** Its name in JSON; undefined for an embedded struct, whose fields JSON has in its place. */
  json: string | undefined;
  type: string;
  /** JSON leaves it out when it has its type's zero value. */
  omitsZero: boolean;
}

/** What a type is made of; `of` is the type of its elements. */
export type GoType =
  | { kind: 'pointer' | 'slice' | 'map'; of: string }
  | { kind: 'struct'; fields: readonly GoField[] }
  | { kind: 'string' | 'bool' | 'int' | 'quantity' | 'intOrString' | 'time' | 'fieldsV1' };

const scalars: Readonly<Record<string, GoType>> = {
  string: { kind: 'string' },
  bool: { kind: 'bool' },
  int32: { kind: 'int' },
  int64: { kind: 'int' },
  'resource.Quantity': { kind: 'quantity' },
  'intstr.IntOrString': { kind: 'intOrString' },
  'v1.Time': { kind: 'time' },
  'v1.FieldsV1': { kind: 'fieldsV1' },
};

const parsed = new Map<string, GoType>();

/** What the type with this Go name (`core.Pod`, `*int64`, `map[string]string`) is made of. */
export function goType(name: string): GoType {
  const known = parsed.get(name) ?? parseType(name);
  parsed.set(name, known);
  return known;
}

function parseType(name: string): GoType {
  if (name.startsWith('*')) return { kind: 'pointer', of: name.slice(1) };
  if (name.startsWith('[]')) return { kind: 'slice', of: name.slice(2) };
  // Every key is a string.
  if (name.startsWith('map[')) return { kind: 'map', of: name.slice(name.indexOf(']') + 1) };
  const scalar = scalars[name];
  if (scalar) return scalar;
  const under = goNamedTypes[name];
  if (under !== undefined) return goType(under);
  const fields = goStructs[name];
  if (!fields) throw new Error(`no Go type ${name}`);
  return { kind: 'struct', fields: fields.map(parseField) };
}

function parseField(text: string): GoField {
  const [name = '', json = '', type = ''] = text.split(' ');
  const omitsZero = json.endsWith('?');
  return { name, json: json === '.' ? undefined : json.replace('?', ''), type, omitsZero };
}
