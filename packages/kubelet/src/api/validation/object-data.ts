// The rules for keys and sizes of ConfigMaps and Secrets.
import { check, type FieldError } from '../field-error.ts';
import { configMapKey } from '../names.ts';

/** How many bytes all values of one object may have. */
const maxObjectBytes = 1024 * 1024;

/** What is wrong with the keys. */
export function objectDataErrors(data: ReadonlyMap<string, Buffer>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of data.keys()) check(errors, `${path}[${key}]`, key, configMapKey);
  return errors;
}

/** An error when the values have too many bytes together. */
export function tooLarge(all: readonly ReadonlyMap<string, Buffer>[], path: string): FieldError[] {
  const bytes = all.flatMap((data) => [...data.values()]).reduce((sum, value) => sum + value.length, 0);
  if (bytes <= maxObjectBytes) return [];
  return [{ path, problem: `Too long: may not be more than ${maxObjectBytes} bytes` }];
}
