// The kinds of values that fields of KubeletConfiguration have: how each is read from YAML, JSON and the command line,
// and printed. Pure.
import { isIP } from 'node:net';
import { formatGoDuration } from '@berth/common/go-duration.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { parseQuantity } from '@berth/common/quantity.ts';
import type { Taint } from 'kubernetes-types/core/v1.d.ts';
import { parseDuration } from '../api/duration.ts';
import { parseTaints, readTaints, taintsText } from '../node/registration/taints.ts';

/** Parsers of one field. They throw a RangeError that describes the valid values. */
export interface Field<T> {
  /** Parses a value of YAML or JSON. */
  fromValue(value: unknown): T;
  /** Parses a value of the command line. */
  fromText(text: string): T;
  /** Formats a value for the command line. */
  toText(value: T): string;
  /** Formats a value for JSON. */
  toJson(value: T): unknown;
  /** Whether the flag may have no value. */
  isBoolean: boolean;
  /** What two flags, or the file and a flag, set together; without it the later one counts. */
  join?(before: T, after: T): T;
}

function field<T>(
  fromText: (text: string) => T,
  fromValue: (value: unknown) => T,
  { toText = (value: T) => String(value), toJson = (value: T): unknown => value, isBoolean = false } = {},
): Field<T> {
  return { fromText, fromValue, toText, toJson, isBoolean };
}

function wanted(what: string, value: unknown): RangeError {
  return new RangeError(`must be ${what}, not ${JSON.stringify(value)}`);
}

/** Any text. */
export function text(): Field<string> {
  return field(
    (value) => value,
    (value) => {
      if (typeof value === 'string') return value;
      throw wanted('a text', value);
    },
  );
}

/** An IPv4 or IPv6 address. */
export function ipAddress(): Field<string> {
  const check = (value: unknown): string => {
    if (typeof value === 'string' && isIP(value)) return value;
    throw wanted('an IP address', value);
  };
  return field(check, check);
}

/** One of these texts. */
export function choice<const T extends string>(...allowed: T[]): Field<T> {
  const check = (value: unknown): T => {
    const found = allowed.find((entry) => entry === value);
    if (found === undefined) throw wanted(allowed.map((entry) => JSON.stringify(entry)).join(' or '), value);
    return found;
  };
  return field(check, check);
}

/** A quantity in whole units, such as `10Mi`. */
export function quantity(): Field<string> {
  const check = (value: unknown): string => {
    const given = typeof value === 'number' ? String(value) : value;
    if (typeof given !== 'string') throw wanted('a quantity such as "10Mi"', value);
    if (parseQuantity(given).nanos % 1_000_000_000n !== 0n) throw wanted('a quantity of whole units', value);
    return given;
  };
  return field(check, check);
}

/** True or false; on the command line as Go's strconv has it. */
export function bool(): Field<boolean> {
  const words = new Map([
    ...['true', 't', '1'].map((word) => [word, true] as const),
    ...['false', 'f', '0'].map((word) => [word, false] as const),
  ]);
  return field(
    (value) => {
      const found = words.get(value.toLowerCase());
      if (found === undefined) throw wanted('true or false', value);
      return found;
    },
    (value) => {
      if (typeof value === 'boolean') return value;
      throw wanted('true or false', value);
    },
    { isBoolean: true },
  );
}

/** A whole number. */
export function integer(min: number, max: number): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw wanted(`a whole number from ${min} to ${max}`, value);
  };
  return field((value) => check(/^-?\d+$/.test(value) ? Number(value) : value), check);
}

/** A number above 0, at most 1. */
export function fraction(): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value === 'number' && value > 0 && value <= 1) return value;
    throw wanted('a number above 0, at most 1', value);
  };
  return field((value) => check(value.trim() === '' ? value : Number(value)), check);
}

/** A list with one entry, or with `none`. */
export function oneOrNone<const T extends string>(name: T): Field<(T | 'none')[]> {
  const check = (entries: unknown[]): (T | 'none')[] =>
    entries.map((entry) => {
      if (entry === name || entry === 'none') return entry === name ? name : 'none';
      throw wanted(`${JSON.stringify(name)} or "none"`, entry);
    });
  return field(
    (value) => check(value === '' ? [] : value.split(',')),
    (value) => {
      if (!Array.isArray(value)) throw wanted('a list', value);
      return check(value);
    },
    { toText: (value) => value.join(',') },
  );
}

/** Quantities by name; on the command line `NAME${separator}QUANTITY,…`. */
export function quantities(
  separator: '=' | '<',
  problemOf: (list: Record<string, string>) => string | undefined,
): Field<Record<string, string>> {
  const check = (value: unknown): Record<string, string> => {
    if (!isObject(value)) throw wanted('an object of quantities', value);
    const list = Object.fromEntries(
      Object.entries(value).map(([name, quantity]) => {
        if (typeof quantity !== 'string' && typeof quantity !== 'number' && typeof quantity !== 'bigint')
          throw wanted('a quantity', quantity);
        return [name, String(quantity).trim()];
      }),
    );
    const problem = problemOf(list);
    if (problem !== undefined) throw new RangeError(problem);
    return list;
  };
  const toText = (value: Record<string, string>): string =>
    Object.entries(value)
      .map(([name, quantity]) => `${name}${separator}${quantity}`)
      .join(',');
  const fromText = (value: string): Record<string, string> =>
    check(
      Object.fromEntries(
        value.split(',').flatMap((entry) => {
          if (entry.trim() === '') return [];
          const at = entry.indexOf(separator);
          if (at < 0) throw wanted(`a list of NAME${separator}QUANTITY`, value);
          return [[entry.slice(0, at).trim(), entry.slice(at + 1).trim()]];
        }),
      ),
    );
  return field(fromText, check, { toText });
}

/** A duration of Go, in milliseconds. */
export function duration(minMs: number, maxMs = Number.MAX_SAFE_INTEGER): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value !== 'string') throw wanted('a duration such as "1m30s"', value);
    const ms = parseDuration(value);
    if (ms < minMs || ms > maxMs) throw wanted(`a duration from ${minMs}ms to ${maxMs}ms`, value);
    return ms;
  };
  return field(check, check, { toText: formatGoDuration, toJson: formatGoDuration });
}

/** A list of texts; on the command line separated by commas. */
export function list(isValid: (entry: string) => boolean = () => true, what = 'a text'): Field<string[]> {
  const check = (entries: unknown[]): string[] =>
    entries.map((entry) => {
      if (typeof entry === 'string' && isValid(entry)) return entry;
      throw wanted(what, entry);
    });
  return field(
    (value) => check(value === '' ? [] : value.split(',')),
    (value) => {
      if (!Array.isArray(value)) throw wanted('a list', value);
      return check(value);
    },
  );
}

/** A list of whole numbers; on the command line separated by commas. */
export function integers(): Field<number[]> {
  const check = (value: unknown): number[] => {
    if (Array.isArray(value) && value.every((entry) => Number.isInteger(entry))) return value;
    throw wanted('a list of whole numbers', value);
  };
  return field((value) => check(value === '' ? [] : value.split(',').map(Number)), check);
}

/** Headers of HTTP requests: lists by name, and on the command line `a:one,b:two,a:three`. They may be secrets. */
export function headers(): Field<Readonly<Record<string, readonly string[]>>> {
  const masked = (value: object): object =>
    Object.fromEntries(Object.keys(value).map((name) => [name, ['<masked>']]));
  return field(
    (value) => {
      const lists: Record<string, string[]> = {};
      for (const part of value === '' ? [] : value.split(',')) {
        const [, name, content] = /^\s*([^:]+):(.*)$/s.exec(part) ?? [];
        if (name === undefined || content === undefined) throw wanted('a list of NAME:VALUE', value);
        lists[name] = [...(lists[name] ?? []), content];
      }
      return lists;
    },
    (value) => {
      const isList = (each: unknown): each is string[] =>
        Array.isArray(each) && each.every((entry) => typeof entry === 'string');
      if (!isObject(value)) throw wanted('an object', value);
      const lists: Record<string, string[]> = {};
      for (const [name, list] of Object.entries(value)) {
        if (!isList(list)) throw wanted('lists of texts', list);
        lists[name] = list;
      }
      return lists;
    },
    {
      toText: (value) =>
        Object.keys(value)
          .map((name) => `${name}:<masked>`)
          .join(','),
      toJson: masked,
    },
  );
}

/** Taints of a node; on the command line `key=value:NoSchedule,…`. */
export function taints(): Field<Taint[]> {
  return field(parseTaints, readTaints, { toText: taintsText });
}
