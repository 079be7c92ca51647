// Command-line flags as crictl reads them: Go's rules (`-o json`, `-o=json`, `--output json`, `-output`),
// and bundles of short ones (`-aq`).
import { goDurationProblem, parseGoDuration } from '@berth/common/go-duration.ts';

interface Described {
  /** One letter, or another long name. */
  aliases?: readonly string[];
  usage: string;
  /** The value's name in help; `value` by default. */
  placeholder?: string;
  /** Environment variables for an absent flag; the first one that is set wins. */
  env?: readonly string[];
}

export type FlagSpec =
  | (Described & { type: 'boolean' })
  | (Described & { type: 'string'; default?: string })
  | (Described & { type: 'strings' })
  | (Described & { type: 'integer'; default?: number })
  /** 64-bit integers, which a number cannot hold exactly. */
  | (Described & { type: 'int64'; default?: bigint })
  /** Go durations such as 1m30s; the value is in milliseconds. */
  | (Described & { type: 'duration'; default?: number });

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

type ValueOf<Spec extends FlagSpec> = Spec['type'] extends 'boolean'
  ? boolean
  : Spec['type'] extends 'string'
    ? string
    : Spec['type'] extends 'strings'
      ? string[]
      : Spec['type'] extends 'int64'
        ? bigint
        : number;

export type FlagValues<Specs extends FlagSpecs> = { [Name in keyof Specs]: ValueOf<Specs[Name]> };

export interface ParsedFlags<Specs extends FlagSpecs> {
  values: FlagValues<Specs>;
  /** Names of the flags that were given, on the command line or by their variable. */
  given: ReadonlySet<keyof Specs & string>;
  /** The words that are not flags. */
  args: string[];
  help: boolean;
}

/** An invalid command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Parses `argv` into flags and arguments. Flags end at the first argument; with `interspersed` they may follow
 * arguments too, until `--`. Throws UsageError for the first invalid word.
 */
export function parseFlags<Specs extends FlagSpecs>(
  specs: Specs,
  argv: readonly string[],
  options: { interspersed: boolean; env?: NodeJS.ProcessEnv },
): ParsedFlags<Specs> {
  const byName = spellingsOf(specs);
  const { values, given } = defaults(specs, options.env ?? {});
  const spelt = new Map<string, string>();
  const args: string[] = [];
  let help = false;
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      args.push(...rest);
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      if (options.interspersed) continue;
      args.push(...rest);
      break;
    }
    const { spelling, value } = splitWord(word);
    if (spelling === '' || spelling.startsWith('-')) throw new UsageError(`bad flag syntax: ${word}`);
    const name = byName.get(spelling);
    if (name === undefined) {
      const letters = bundled(word, byName);
      if (letters !== undefined) {
        rest.unshift(...letters);
        continue;
      }
      if (spelling !== 'help' && spelling !== 'h') {
        throw new UsageError(`flag provided but not defined: -${spelling}`);
      }
      help = value === undefined || booleanOf(spelling, value);
      continue;
    }
    const earlier = spelt.get(name);
    if (earlier !== undefined && earlier !== spelling) {
      throw new UsageError(twoForms([name, ...(specs[name]?.aliases ?? [])], [earlier, spelling]));
    }
    const spec: FlagSpec = specs[name] ?? { type: 'boolean', usage: '' };
    const text = value ?? (spec.type === 'boolean' ? 'true' : rest.shift());
    if (text === undefined) throw new UsageError(`flag needs an argument: -${spelling}`);
    const parsed = parseValue(spelling, spec, text);
    const before = values[name];
    const adds = earlier !== undefined && Array.isArray(before) && Array.isArray(parsed);
    values[name] = adds ? [...before, ...parsed] : parsed;
    spelt.set(name, spelling);
    given.add(name);
  }
  // parseValue returned each value in the type of its flag.
  return { values: values as FlagValues<Specs>, given, args, help };
}

/** The names of flags by their names and aliases. */
export function spellingsOf(specs: FlagSpecs): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(specs).flatMap(([name, { aliases = [] }]) =>
      [name, ...aliases].map((spelling): [string, string] => [spelling, name]),
    ),
  );
}

interface Spelt {
  spelling: string;
  value?: string;
}

/** The flags in one word: `--name=value`, `-name`, or several letters. */
export function splitBundle(word: string, byName: ReadonlyMap<string, string>): Spelt[] {
  const whole = splitWord(word);
  if (byName.has(whole.spelling)) return [whole];
  return bundled(word, byName)?.map(splitWord) ?? [whole];
}

function splitWord(word: string): Spelt {
  const named = word.replace(/^--?/, '');
  const equals = named.indexOf('=');
  return equals === -1
    ? { spelling: named }
    : { spelling: named.slice(0, equals), value: named.slice(equals + 1) };
}

/** `-abc` is `-a -b -c` when each letter is a flag; the last one may take what follows, as in `-ao=json`. */
function bundled(word: string, byName: ReadonlyMap<string, string>): string[] | undefined {
  const equals = word.indexOf('=');
  const letters = [...(equals === -1 ? word : word.slice(0, equals)).slice(1)];
  if (letters.length < 2 || !letters.every((letter) => byName.has(letter))) return undefined;
  const value = equals === -1 ? '' : word.slice(equals);
  return letters.map((letter, index) => `-${letter}${index === letters.length - 1 ? value : ''}`);
}

function twoForms(spellings: readonly string[], used: readonly string[]): string {
  const [first = '', second = ''] = spellings.filter((spelling) => used.includes(spelling));
  return `Cannot use two forms of the same flag: ${second} ${first}`;
}

type Value = boolean | string | string[] | number | bigint;

/** The values of absent flags: of the environment variable, or else the default. */
function defaults(
  specs: FlagSpecs,
  env: NodeJS.ProcessEnv,
): { values: Record<string, Value>; given: Set<string> } {
  const values: Record<string, Value> = {};
  const given = new Set<string>();
  for (const [name, spec] of Object.entries(specs)) {
    values[name] = defaultOf(spec);
    const variable = spec.env?.find((key) => env[key] !== undefined);
    const text = variable === undefined ? undefined : env[variable];
    // An empty variable sets strings only.
    if (text === undefined || (text === '' && spec.type !== 'string')) continue;
    values[name] = valueOfVariable(name, spec, variable ?? '', text);
    given.add(name);
  }
  return { values, given };
}

function valueOfVariable(name: string, spec: FlagSpec, variable: string, text: string): Value {
  try {
    return parseValue(name, spec, text);
  } catch {
    const kind =
      spec.type === 'boolean' ? 'bool' : spec.type === 'integer' || spec.type === 'int64' ? 'int' : spec.type;
    const reason = (spec.type === 'duration' && goDurationProblem(text)) || 'parse error';
    throw new UsageError(
      `could not parse "${text}" as ${kind} value from environment variable "${variable}" for flag ${name}: ${reason}`,
    );
  }
}

function defaultOf(spec: FlagSpec): Value {
  if (spec.type === 'boolean') return false;
  if (spec.type === 'strings') return [];
  if (spec.type === 'string') return spec.default ?? '';
  if (spec.type === 'int64') return spec.default ?? 0n;
  return spec.default ?? 0;
}

function parseValue(spelling: string, spec: FlagSpec, word: string): Value {
  switch (spec.type) {
    case 'strings':
      return word.split(',');
    case 'string':
      return word;
    case 'boolean':
      return booleanOf(spelling, word);
    case 'integer':
      return Number(parseInteger(spelling, word));
    case 'int64':
      return parseInteger(spelling, word);
    case 'duration': {
      const value = parseGoDuration(word);
      if (value === undefined) {
        throw new UsageError(`invalid value "${word}" for flag -${spelling}: parse error`);
      }
      return value;
    }
  }
}

/** The value of an integer as Go's strconv.ParseInt reads it: 10, -0x1f, 0o17, 017, 0b1. Throws UsageError. */
export function parseInteger(flag: string, text: string): bigint {
  const fail = (problem: string) => new UsageError(`invalid value "${text}" for flag -${flag}: ${problem}`);
  const match = /^([+-]?)(0x[\da-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i.exec(text);
  if (!match) throw fail('parse error');
  const size = BigInt((match[2] ?? '').replace(/^0(?=\d)/, '0o'));
  const value = match[1] === '-' ? -size : size;
  if (BigInt.asIntN(64, value) !== value) throw fail('value out of range');
  return value;
}

function booleanOf(spelling: string, word: string): boolean {
  const value = parseBoolean(word);
  if (value === undefined) {
    throw new UsageError(`invalid boolean value "${word}" for -${spelling}: parse error`);
  }
  return value;
}

/** The spellings of booleans that Go's strconv.ParseBool takes. */
export function parseBoolean(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  return undefined;
}
