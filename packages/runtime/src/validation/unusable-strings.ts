import { invalid } from '../rpc/errors.ts';
import { snakeCase } from '../rpc/field-path.ts';

/** What execve(2) takes of one argument or variable, MAX_ARG_STRLEN; a path is shorter. */
const maxBytes = 131_072;

/** PATH_MAX, less the NUL byte. Some of what is done with a path grows with the square of its length. */
const maxPathBytes = 4095;

const PATHS: ReadonlySet<string> = new Set([
  'cgroupParent',
  'containerPath',
  'hostPath',
  'imageSubPath',
  'localhostRef',
  'logDirectory',
  'logPath',
  'workingDir',
]);

/** Texts that nobody is handed as they are. */
const FREE_TEXTS: ReadonlySet<string> = new Set(['annotations', 'labels']);

/**
 * Refuses a message one of whose strings cannot be a path, an argument or a variable, by the field's path: it has a NUL
 * byte, or is longer than any of these. What such an object has begun to be could not be undone by programs either.
 *
 * @param field the path of the message itself, as `config`
 */
export function refuseUnusableStrings(value: unknown, field: string): void {
  const found = findUnusable(value, maxBytes);
  if (found !== undefined) throw invalid(`${field}${found.path}`, found.problem);
}

/** Where there is one, relative to `value`. Of what has none no path is made: a list can be long. */
function findUnusable(value: unknown, most: number): { path: string; problem: string } | undefined {
  if (typeof value === 'string') {
    if (value.length > most) return tooLong(value.length, most);
    return value.includes('\0')
      ? { path: '', problem: `${JSON.stringify(value)} has a NUL byte` }
      : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Uint8Array) return value.length > most ? tooLong(value.length, most) : undefined;
  const isList = Array.isArray(value);
  for (const [name, item] of Object.entries(value)) {
    if (name.length > maxPathBytes) return tooLong(name.length, maxPathBytes);
    if (name.includes('\0')) return { path: '', problem: `the key ${JSON.stringify(name)} has a NUL byte` };
    const found = findUnusable(item, mostOf(name) ?? most);
    if (found === undefined) continue;
    return { ...found, path: `${isList ? `[${name}]` : `.${snakeCase(name)}`}${found.path}` };
  }
  return undefined;
}

function mostOf(field: string): number | undefined {
  if (FREE_TEXTS.has(field)) return Number.POSITIVE_INFINITY;
  return PATHS.has(field) ? maxPathBytes : undefined;
}

function tooLong(length: number, most: number) {
  return { path: '', problem: `is ${length} bytes long; at most ${most} are supported` };
}
