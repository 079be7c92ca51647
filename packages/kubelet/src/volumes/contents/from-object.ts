// The files that a volume takes from a ConfigMap or a Secret. Pure.
import type { KeyToPath } from '../../api/pod.ts';
import type { ObjectRef } from '../../objects/objects.ts';
import type { FileDefaults, VolumeFile, VolumeFiles } from './files.ts';

/** What a volume or one source of a projected volume says of an object. */
export interface ObjectSource {
  kind: ObjectRef['kind'];
  name: string;
  /** Keys and their paths; undefined or empty: a file for each key, called like it. */
  items?: readonly KeyToPath[] | undefined;
  /** Whether the object and its keys may be missing. */
  optional?: boolean | undefined;
}

/** Reads the values of an object by key; undefined when there is no such object. */
export type ReadObject = (ref: ObjectRef) => ReadonlyMap<string, Buffer> | undefined;

/** The files of `source` in `namespace`. Throws for an object or a key that is missing and not optional. */
export function objectFiles(
  { kind, name, items = [], optional = false }: ObjectSource,
  namespace: string,
  defaults: FileDefaults,
  read: ReadObject,
): VolumeFiles {
  const found = read({ kind, namespace, name });
  if (found === undefined && !optional) throw new Error(`${kind.toLowerCase()} "${name}" not found`);
  const values = found ?? new Map<string, Buffer>();
  if (items.length === 0) {
    return new Map([...values].map(([key, data]) => [key, { data, ...defaults }]));
  }
  const files = new Map<string, VolumeFile>();
  for (const { key, path, mode = defaults.mode, user = defaults.user } of items) {
    const data = values.get(key);
    if (data !== undefined) files.set(path, { data, mode, user });
    else if (!optional) throw new Error(missingKey(kind, key));
  }
  return files;
}

function missingKey(kind: ObjectRef['kind'], key: string): string {
  return kind === 'ConfigMap'
    ? `configmap references non-existent config key: ${key}`
    : `references non-existent secret key: ${key}`;
}
