import { invalid } from './errors.ts';

/**
 * Refuses a message with a NUL byte in one of its strings, by the field's path: none of them can be a path, an
 * argument or a variable, and what such an object has begun to be could not be undone by programs either.
 *
 * @param field the path of the message itself, as `config`
 */
export function refuseNulBytes(value: unknown, field: string): void {
  const found = findNulByte(value);
  if (found !== undefined) throw invalid(`${field}${found.path}`, found.problem);
}

/** Where there is one, relative to `value`. Of what has none no path is made: a list can be long. */
function findNulByte(value: unknown): { path: string; problem: string } | undefined {
  if (typeof value === 'string') {
    return value.includes('\0')
      ? { path: '', problem: `${JSON.stringify(value)} has a NUL byte` }
      : undefined;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  const isList = Array.isArray(value);
  for (const [name, item] of Object.entries(value)) {
    if (name.includes('\0')) return { path: '', problem: `the key ${JSON.stringify(name)} has a NUL byte` };
    const found = findNulByte(item);
    if (found === undefined) continue;
    return { ...found, path: `${isList ? `[${name}]` : `.${snakeCase(name)}`}${found.path}` };
  }
  return undefined;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
