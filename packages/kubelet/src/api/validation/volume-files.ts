// The rules for volumes whose files the kubelet writes.

import { check, type FieldError, invalid, required } from '../field-error.ts';
import { descendingPath, numericId } from '../names.ts';
import type { KeyToPath } from '../pod.ts';

/** A configMap or secret volume. */
export interface ObjectVolumeSource {
  defaultMode?: number;
  defaultUser?: number;
  items?: readonly KeyToPath[];
}

/** What is wrong with a volume of the object called `name`, which the field `nameField` gives. */
export function validateObjectVolume(
  source: ObjectVolumeSource,
  path: string,
  nameField: 'name' | 'secretName',
  name: string | undefined,
): FieldError[] {
  return [
    ...(name ? [] : [required(`${path}.${nameField}`)]),
    ...validateFileDefaults(source, path),
    ...validateKeyPaths(source.items ?? [], `${path}.items`),
  ];
}

/** What is wrong with mode and owner of the files of a volume. */
export function validateFileDefaults(
  { defaultMode, defaultUser }: Omit<ObjectVolumeSource, 'items'>,
  path: string,
): FieldError[] {
  return [
    ...validateFileMode(defaultMode, `${path}.defaultMode`),
    ...validateUser(defaultUser, `${path}.defaultUser`),
  ];
}

/** What is wrong with the keys that a volume chooses. */
export function validateKeyPaths(items: readonly KeyToPath[], path: string): FieldError[] {
  return items.flatMap((item, index) => {
    const at = `${path}[${index}]`;
    return [...(item.key ? [] : [required(`${at}.key`)]), ...validateFile(item, at)];
  });
}

/** What is wrong with path, mode and owner of one file. */
export function validateFile(
  file: { path?: string; mode?: number; user?: number },
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!file.path) errors.push(required(`${at}.path`));
  else check(errors, `${at}.path`, file.path, nonReservedPath);
  return [...errors, ...validateFileMode(file.mode, `${at}.mode`), ...validateUser(file.user, `${at}.user`)];
}

function validateFileMode(mode: number | undefined, path: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

function validateUser(user: number | undefined, path: string): FieldError[] {
  const problem = user === undefined ? undefined : numericId(user);
  return problem ? [invalid(path, user, problem)] : [];
}

/** A path that stays in the volume, and is not one of the kubelet's own. */
function nonReservedPath(path: string): string | undefined {
  if (path.startsWith('..') && !path.startsWith('../')) return "must not start with '..'";
  return descendingPath(path);
}
