// Command-line flags as crictl reads them: Go's rules (`-o json`, `-o=json`, `--output json`, `-output`),
// and bundles of short ones (`-aq`).

interface Described {
  /** One letter, or another long name. */
  aliases?: readonly string[];
  usage: string;
  /** Variables that give the value when the flag is absent, the first set one winning. */
  env?: readonly string[];
}

export type FlagSpec =
  | (Described & { type: 'boolean' })
  | (Described & { type: 'string'; default?: string })
  | (Described & { type: 'strings' })
  | (Described & { type: 'integer'; default?: number })
  /** Integers of 64 bits, more than a number holds exactly. */
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
  /** What is not a flag. */
  args: string[];
  help: boolean;
}

/** A command line that cannot be understood; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Splits `argv` into flags and arguments. Without `interspersed`, flags end at the first argument; with
 * it they may follow arguments too, until `--`. Throws UsageError.
 */
export function parseFlags<Specs extends FlagSpecs>(
  specs: Specs,
  argv: readonly string[],
  options: { interspersed: boolean; env?: NodeJS.ProcessEnv },
): ParsedFlags<Specs> {
  const byName = spellingsOf(specs);
  const raw = new Map<string, string[]>();
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
    for (const { spelling, value } of splitBundle(word, byName, specs)) {
      const name = byName.get(spelling);
      if (name === undefined) {
        if (spelling !== 'help' && spelling !== 'h') {
          throw new UsageError(`flag provided but not defined: -${spelling}`);
        }
        help = true;
        continue;
      }
      const isBoolean = specs[name]?.type === 'boolean';
      const given = value ?? (isBoolean ? 'true' : rest.shift());
      if (given === undefined) throw new UsageError(`flag needs an argument: -${spelling}`);
      raw.set(name, [...(raw.get(name) ?? []), given]);
    }
  }
  return { ...convert(specs, raw, options.env ?? {}), args, help };
}

/** The names of flags by their names and aliases. */
export function spellingsOf(specs: FlagSpecs): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(specs).flatMap(([name, { aliases = [] }]) =>
      [name, ...aliases].map((spelling): [string, string] => [spelling, name]),
    ),
  );
}

/** `-abc` is -a -b -c when `abc` is no flag itself and its letters are; each word may carry `=value`. */
export function splitBundle(
  word: string,
  byName: ReadonlyMap<string, string>,
  specs: FlagSpecs,
): { spelling: string; value?: string }[] {
  const equals = word.indexOf('=');
  const spelling = (equals === -1 ? word : word.slice(0, equals)).replace(/^--?/, '');
  const value = equals === -1 ? {} : { value: word.slice(equals + 1) };
  const letters = [...spelling];
  const isBundle =
    !word.startsWith('--') &&
    !byName.has(spelling) &&
    letters.length > 1 &&
    letters.every((letter, index) => {
      const name = byName.get(letter);
      const isLast = index === letters.length - 1;
      return name !== undefined && (isLast || specs[name]?.type === 'boolean');
    });
  if (!isBundle) return [{ spelling, ...value }];
  return letters.map((letter, index) => ({ spelling: letter, ...(index === letters.length - 1 && value) }));
}

function convert<Specs extends FlagSpecs>(
  specs: Specs,
  raw: ReadonlyMap<string, string[]>,
  env: NodeJS.ProcessEnv,
): Pick<ParsedFlags<Specs>, 'values' | 'given'> {
  const values: Record<string, FlagValue> = {};
  const given = new Set<string>();
  for (const [name, spec] of Object.entries(specs)) {
    const variable = spec.env?.map((key) => env[key]).find((value) => value !== undefined && value !== '');
    const words = raw.get(name) ?? (variable === undefined ? undefined : [variable]);
    if (words) given.add(name);
    values[name] = words ? parseValue(name, spec, words) : defaultOf(spec);
  }
  // Each value was made by the type of its own flag.
  return { values: values as FlagValues<Specs>, given };
}

type FlagValue = boolean | string | string[] | number | bigint;

function defaultOf(spec: FlagSpec): FlagValue {
  if (spec.type === 'boolean') return false;
  if (spec.type === 'strings') return [];
  if (spec.type === 'string') return spec.default ?? '';
  if (spec.type === 'int64') return spec.default ?? 0n;
  return spec.default ?? 0;
}

function parseValue(name: string, spec: FlagSpec, words: readonly string[]): FlagValue {
  const word = words.at(-1) ?? '';
  switch (spec.type) {
    case 'strings':
      return words.flatMap((value) => value.split(','));
    case 'string':
      return word;
    case 'boolean': {
      const value = parseBoolean(word);
      if (value === undefined)
        throw new UsageError(`invalid boolean value "${word}" for -${name}: parse error`);
      return value;
    }
    case 'integer':
      return Number(parseInteger(name, word));
    case 'int64':
      return parseInteger(name, word);
    case 'duration': {
      const value = parseDuration(word);
      if (value === undefined) throw new UsageError(`invalid value "${word}" for flag -${name}: parse error`);
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

/** The spellings of booleans that Go's strconv.ParseBool takes. */
export function parseBoolean(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  return undefined;
}

const unitMilliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration (`1h30m`, `1.5s`, `-2m`, `0`) in milliseconds, undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (!match) return /^[+-]?0$/.test(text) ? 0 : undefined;
  let total = 0;
  for (const [, number, unit] of (match[2] ?? '').matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (unitMilliseconds[unit ?? ''] ?? 0);
  }
  return match[1] === '-' ? -total : total;
}
