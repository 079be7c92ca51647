import { invalid } from '../rpc/errors.ts';
import { snakeCase } from '../rpc/field-path.ts';

/** Longest argument or variable of execve(2), MAX_ARG_STRLEN; paths are shorter. */
const maxBytes = 131_072;

/** PATH_MAX without the NUL byte. Some operations on a path take quadratic time. */
const maxPathBytes = 4095;

const pathFields: ReadonlySet<string> = new Set([
  'cgroupParent',
  'containerPath',
  'hostPath',
  'imageSubPath',
  'localhostRef',
  'logDirectory',
  'logPath',
  'workingDir',
]);

/** Fields whose texts are not passed to any program. */
const freeTexts: ReadonlySet<string> = new Set(['annotations', 'labels']);

/**
 * Refuses a message with a string that cannot be a path, argument or variable because it has a NUL byte or is too
 * long; the error has the field's path. With such a string even the rollback of a partly created object would fail.
 * @param field the path of the message itself, as `config`
 */
export function refuseUnusableStrings(value: unknown, field: string): void {
  const found = findUnusable(value, maxBytes);
  if (found !== undefined) throw invalid(`${field}${found.path}`, found.problem);
}

/** The first unusable string, relative to `value`. Paths are built only for it: lists can be long. */
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
  if (freeTexts.has(field)) return Number.POSITIVE_INFINITY;
  return pathFields.has(field) ? maxPathBytes : undefined;
}

function tooLong(length: number, most: number) {
  return { path: '', problem: `is ${length} bytes long; at most ${most} are supported` };
}
