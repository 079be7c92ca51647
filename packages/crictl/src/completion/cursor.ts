// Where in a command line the cursor is: at a command, a flag, the value of one, or an argument.

import { type Command, type CommandEntry, findCommand } from '../app/command.ts';
import { type FlagSpecs, spellingsOf, splitBundle } from '../cli/flags.ts';
import { type Values, valuesOfArgument, valuesOfFlag } from './values.ts';

/** A word that may stand at the cursor, and what it means. */
export interface Candidate {
  word: string;
  description?: string;
}

export interface Place {
  /** What may stand there, or where it is to be looked for. */
  values: Values | readonly Candidate[];
  /** What of it is typed already. */
  typed: string;
  /** What is typed before it in the same word, such as `--output=`. */
  before: string;
  /** Commands below the command, one of which may stand there as well. */
  subcommands?: readonly CommandEntry[];
}

/** Pure but for loading a command: what the last of `words`, the words behind `crictl`, may be. */
export async function placeOf(
  words: readonly string[],
  globalFlags: FlagSpecs,
  commands: readonly CommandEntry[],
): Promise<Place> {
  const typed = words.at(-1) ?? '';
  const global = walk(globalFlags, words.slice(0, -1), false);
  const [name, ...rest] = global.args;
  if (name === undefined) return within('', globalFlags, { ...global, typed, argument: 'commands' });
  if (name === 'help' || name === 'h')
    return { values: valuesOfArgument('help', rest.length), typed, before: '' };
  const entry = findCommand(name, commands);
  return entry === undefined ? { values: [], typed, before: '' } : await placeIn(entry, rest, typed);
}

/** The place behind the words of a command, or of the one below it that the first of them names. */
async function placeIn(entry: CommandEntry, words: readonly string[], typed: string): Promise<Place> {
  const { flags, argsAreForeign = false, subcommands = [] }: Command = await entry.load();
  const [first, ...rest] = walk(flags, words, false).args;
  const below = first === undefined ? undefined : findCommand(first, subcommands);
  if (below !== undefined) return await placeIn(below, rest, typed);
  const own = walk(flags, words, !argsAreForeign);
  const argument = valuesOfArgument(entry.name, own.args.length);
  return within(entry.name, flags, {
    ...own,
    typed,
    argument,
    ...(first === undefined && subcommands.length > 0 && { subcommands }),
  });
}

interface Walked {
  /** The flag of which the next word is the value. */
  pending?: string;
  args: readonly string[];
  /** No flags may follow. */
  flagsEnded: boolean;
}

/** Goes through words that are complete. */
function walk(specs: FlagSpecs, words: readonly string[], interspersed: boolean): Walked {
  const byName = spellingsOf(specs);
  const args: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') return { args: [...args, ...words.slice(index + 1)], flagsEnded: true };
    if (!word.startsWith('-') || word === '-') {
      if (!interspersed) return { args: words.slice(index), flagsEnded: true };
      args.push(word);
      continue;
    }
    const last = splitBundle(word, byName).at(-1);
    const flag = byName.get(last?.spelling ?? '') ?? '';
    const takesNext =
      specs[flag] !== undefined && specs[flag].type !== 'boolean' && last?.value === undefined;
    if (!takesNext) continue;
    index += 1;
    if (index === words.length) return { pending: flag, args, flagsEnded: false };
  }
  return { args, flagsEnded: false };
}

function within(
  command: string,
  specs: FlagSpecs,
  at: Walked & { typed: string; argument: Values; subcommands?: readonly CommandEntry[] },
): Place {
  const { pending, flagsEnded, typed, argument, subcommands } = at;
  if (pending !== undefined) return { values: valuesOfFlag(command, pending), typed, before: '' };
  if (flagsEnded || !typed.startsWith('-'))
    return { values: argument, typed, before: '', ...(subcommands && { subcommands }) };
  const [, before, spelling = '', value = ''] = /^(--?([^=]+)=)(.*)$/s.exec(typed) ?? [];
  if (before === undefined) return { values: flagsOf(specs), typed, before: '' };
  const flag = spellingsOf(specs).get(spelling);
  return { values: flag === undefined ? [] : valuesOfFlag(command, flag), typed: value, before };
}

/** The long names of flags, which alone tell what they are. */
function flagsOf(specs: FlagSpecs): Candidate[] {
  return [
    ...Object.entries(specs)
      .map(([name, { usage }]) => ({ word: `--${name}`, description: usage }))
      .sort((a, b) => (a.word < b.word ? -1 : 1)),
    { word: '--help', description: 'show help' },
  ];
}
