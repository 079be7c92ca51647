// The rules for Secrets, by their type.
import { isObject } from '@berth/common/json/is-object.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import { type FieldError, invalid, required } from '../field-error.ts';
import { redacted } from '../pod-shape.ts';
import { objectDataErrors, tooLarge } from './object-data.ts';
import { validateObjectMeta } from './object-meta.ts';

/** A Secret with its values decoded. */
export interface SecretContent {
  metadata: ObjectMeta;
  type: string;
  data: ReadonlyMap<string, Buffer>;
}

/** What is wrong with the Secret. No error quotes a value. */
export function validateSecret({ metadata, type, data }: SecretContent): FieldError[] {
  return [
    ...validateObjectMeta(metadata),
    ...objectDataErrors(data, 'data'),
    ...tooLarge([data], 'data'),
    ...(byType.get(type)?.(data, metadata) ?? []),
  ];
}

type TypeRule = (data: SecretContent['data'], metadata: ObjectMeta) => FieldError[];

/** What a Secret of a type has to hold. Any other type may hold anything. */
const byType: ReadonlyMap<string, TypeRule> = new Map<string, TypeRule>([
  ['kubernetes.io/service-account-token', (_data, { annotations = {} }) => tokenOwner(annotations)],
  ['kubernetes.io/dockercfg', (data) => jsonAt(data, '.dockercfg')],
  ['kubernetes.io/dockerconfigjson', (data) => jsonAt(data, '.dockerconfigjson')],
  [
    'kubernetes.io/basic-auth',
    (data) => (data.has('username') || data.has('password') ? [] : missing(data, 'username', 'password')),
  ],
  [
    'kubernetes.io/ssh-auth',
    (data) => (data.get('ssh-privatekey')?.length ? [] : [required('data[ssh-privatekey]')]),
  ],
  ['kubernetes.io/tls', (data) => missing(data, 'tls.crt', 'tls.key')],
]);

function tokenOwner(annotations: Readonly<Record<string, string>>): FieldError[] {
  const name = 'kubernetes.io/service-account.name';
  return annotations[name] ? [] : [required(`metadata.annotations[${name}]`)];
}

function missing(data: SecretContent['data'], ...keys: string[]): FieldError[] {
  return keys.filter((key) => !data.has(key)).map((key) => required(`data[${key}]`));
}

/** The value has to be a JSON object. The parser's own message would quote it. */
function jsonAt(data: SecretContent['data'], key: string): FieldError[] {
  const value = data.get(key);
  if (value === undefined) return [required(`data[${key}]`)];
  try {
    const parsed: unknown = JSON.parse(value.toString());
    if (parsed === null || isObject(parsed)) return [];
  } catch {
    // Reported below.
  }
  return [invalid(`data[${key}]`, redacted, 'not a JSON object')];
}
