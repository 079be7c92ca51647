// Parses TOML for hosts.toml (hosts-toml.ts), with the error messages of this package.
import { isObject } from '@berth/common/json/is-object.ts';
import { TomlError as ParseError, parse } from 'smol-toml';

/** A value of a TOML document: what JSON has, or a date. */
export type TomlValue = unknown;
/** Members in the order of the file. */
export type TomlTable = Readonly<Record<string, TomlValue>>;

/** `message` gives the line. */
export class TomlError extends Error {
  override readonly name = 'TomlError';
}

/** Reads TOML 1.0, as Go's readers of hosts.toml do. */
export function parseToml(text: string): TomlTable {
  try {
    return parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    const [problem = ''] = cause.message.split('\n');
    throw new TomlError(`line ${cause.line}: ${problem.replace('Invalid TOML document: ', '')}`, { cause });
  }
}

/** Whether a value is a table, and not a list or a date. */
export function isTable(value: TomlValue): value is TomlTable {
  return isObject(value) && !(value instanceof Date);
}
