// Parsers of config.yaml's value types: texts, paths, counts, ports, lists, mappings. parse.ts combines them.

import { isAbsolute } from 'node:path';
import { isObject } from '@berth/common/json/is-object.ts';
import type { LocatedDocument, ValuePath } from './located.ts';

/** Converts a value of a document, or fails at its position. */
export type Parse<Value> = (value: unknown, path: ValuePath) => Value;

/** The parsers of all value types; they report through the document's `fail` and `warn`. */
export function valueParsers({ fail, warn }: Pick<LocatedDocument, 'fail' | 'warn'>) {
  const text: Parse<string> = (value, path) =>
    typeof value === 'string' && value !== '' ? value : fail(path, 'want a non-empty string');
  const absolutePath: Parse<string> = (value, path) => {
    const given = text(value, path);
    return isAbsolute(given) ? given : fail(path, `want an absolute path, not ${JSON.stringify(given)}`);
  };
  const count: Parse<number> = (value, path) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value > 0
      ? value
      : fail(path, 'want a positive whole number');
  const port: Parse<number> = (value, path) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535
      ? value
      : fail(path, 'want a port number, or 0 for any free port');
  const flag: Parse<boolean> = (value, path) =>
    typeof value === 'boolean' ? value : fail(path, `want true or false, not ${JSON.stringify(value)}`);
  const list =
    <Value>(item: Parse<Value>): Parse<Value[]> =>
    (value, path) =>
      Array.isArray(value)
        ? value.map((entry, index) => item(entry, [...path, index]))
        : fail(path, 'want a list');
  const oneOf =
    <Name extends string>(names: readonly Name[]): Parse<Name> =>
    (value, path) =>
      names.find((name) => name === value) ??
      fail(path, `want one of ${names.join(', ')}, not ${JSON.stringify(value)}`);
  const entries: Parse<[string, unknown][]> = (value, path) =>
    isObject(value) ? Object.entries(value) : fail(path, 'want a mapping');
  /**
   * A mapping with some of these fields. Unknown ones are ignored with a warning. A key without a value counts as
   * absent.
   */
  const object = <Value extends object>(
    value: unknown,
    path: ValuePath,
    fields: { [Key in keyof Value]-?: Parse<Value[Key]> },
  ): Partial<Value> => {
    const known = new Map<string, Parse<unknown>>(Object.entries(fields));
    const result: Record<string, unknown> = {};
    for (const [key, entry] of entries(value, path)) {
      const parse = known.get(key);
      if (parse === undefined) {
        warn([...path, key], `unknown field, ignored; known here: ${[...known.keys()].join(', ')}`);
      } else if (entry !== null) result[key] = parse(entry, [...path, key]);
    }
    return result as Partial<Value>;
  };
  return { text, absolutePath, count, port, flag, list, oneOf, entries, object };
}
