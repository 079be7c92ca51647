import { invalid } from './errors.ts';

/**
 * Refuses a message with a NUL byte in one of its strings, by the field's path: none of them can be a path, an
 * argument or a variable, and what such an object has begun to be could not be undone by programs either.
 *
 * @param field the path of the message itself, as `config`
 */
export function refuseNulBytes(value: unknown, field: string): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw invalid(field, `${JSON.stringify(value)} has a NUL byte`);
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseNulBytes(item, `${field}[${index}]`);
    return;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [name, item] of Object.entries(value)) {
    if (name.includes('\0')) throw invalid(field, `the key ${JSON.stringify(name)} has a NUL byte`);
    refuseNulBytes(item, `${field}.${snakeCase(name)}`);
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
