// Makes ConfigMaps and Secrets from manifests of the right shape: decodes their values and validates them.
import { createHash } from 'node:crypto';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, invalid } from '../api/field-error.ts';
import { readShape, redacted } from '../api/pod-shape.ts';
import { validateConfigMap } from '../api/validation/config-map.ts';
import { validateSecret } from '../api/validation/secret.ts';
import { base64Problem } from './base64.ts';
import type { NodeObject } from './types.ts';

const defaultNamespace = 'default';

/**
 * The object of a manifest, and what is wrong with it, unknown fields included. Undefined when the manifest does not
 * have the shape of its kind.
 */
export function decodeObject(
  kind: NodeObject['kind'],
  value: unknown,
): { object?: NodeObject; found: FieldError[] } {
  return kind === 'Secret'
    ? decoded(readShape('Secret', value), decodeSecret)
    : decoded(readShape('ConfigMap', value), decodeConfigMap);
}

interface Checked {
  object: NodeObject;
  errors: FieldError[];
}

function decoded<Source>(
  shape: { object: Source; ignored: FieldError[] } | { errors: FieldError[] },
  decode: (source: Source) => Checked,
): { object?: NodeObject; found: FieldError[] } {
  if ('errors' in shape) return { found: shape.errors };
  const { object, errors } = decode(shape.object);
  return { object, found: [...shape.ignored, ...errors] };
}

function decodeConfigMap(source: v1.ConfigMap): Checked {
  const metadata = { ...source.metadata, namespace: source.metadata?.namespace || defaultNamespace };
  const data = textValues(source.data);
  const { values: binaryData, errors } = decodedValues(source.binaryData, 'binaryData', (text) => text);
  errors.push(...validateConfigMap({ metadata, data, binaryData }));
  const { namespace, name = '' } = metadata;
  const immutable = source.immutable === true;
  const all = new Map([...data, ...binaryData]);
  const binaryKeys = new Set(binaryData.keys());
  const resourceVersion = versionOf([immutable, ...binaryKeys], all);
  const object = { namespace, name, resourceVersion, immutable, data: all, binaryKeys };
  return { object: { kind: 'ConfigMap', object }, errors };
}

/** No error quotes a value. */
function decodeSecret(source: v1.Secret): Checked {
  const metadata = { ...source.metadata, namespace: source.metadata?.namespace || defaultNamespace };
  const type = source.type || 'Opaque';
  const { values, errors } = decodedValues(source.data, 'data', () => redacted);
  const data = new Map([...values, ...textValues(source.stringData)]);
  errors.push(...validateSecret({ metadata, type, data }));
  const { namespace, name = '' } = metadata;
  const immutable = source.immutable === true;
  const resourceVersion = versionOf([immutable, type], data);
  const object = { namespace, name, resourceVersion, immutable, data, type };
  return { object: { kind: 'Secret', object }, errors };
}

function textValues(source: Readonly<Record<string, string>> = {}): Map<string, Buffer> {
  return new Map(Object.entries(source).map(([key, text]) => [key, Buffer.from(text)]));
}

function decodedValues(
  source: Readonly<Record<string, string>> = {},
  path: string,
  shown: (text: string) => string,
): { values: Map<string, Buffer>; errors: FieldError[] } {
  const values = new Map<string, Buffer>();
  const errors: FieldError[] = [];
  for (const [key, text] of Object.entries(source)) {
    const problem = base64Problem(text);
    if (problem !== undefined) errors.push(invalid(`${path}[${key}]`, shown(text), problem));
    values.set(key, Buffer.from(text, 'base64'));
  }
  return { values, errors };
}

/** Another text for another content. */
function versionOf(facts: readonly unknown[], data: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const [key, value] of [...data].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${key}\0${value.length}\0`).update(value);
  }
  return hash.digest('hex').slice(0, 32);
}
