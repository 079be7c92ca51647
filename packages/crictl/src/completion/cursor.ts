// Finds out what the word at the cursor is: a command, a flag, a flag's value or an argument.
import { type Command, type CommandEntry, findCommand } from '../app/command.ts';
import { type FlagSpecs, spellingsOf, splitBundle } from '../cli/flags.ts';
import { type Values, valuesOfArgument, valuesOfFlag } from './values.ts';

/** A completion of the word at the cursor. */
export interface Candidate {
  word: string;
  description?: string;
}

/** What can be completed at the cursor. */
export interface Cursor {
  /** The candidates, or the kind of object to list for them. */
  values: Values | readonly Candidate[];
  /** The part before the cursor; candidates start with it. */
  typed: string;
  /** The part of the same word in front of `typed`, such as `--output=`. */
  before: string;
  /** Subcommands, which are candidates too. */
  subcommands?: readonly CommandEntry[];
}

/** What the last of `words` can be; `words` are those behind `crictl`. Pure, apart from loading the command. */
export async function cursorOf(
  words: readonly string[],
  globalFlags: FlagSpecs,
  commands: readonly CommandEntry[],
): Promise<Cursor> {
  const typed = words.at(-1) ?? '';
  const global = scan(globalFlags, words.slice(0, -1), false);
  const [name, ...rest] = global.args;
  if (name === undefined) return cursorAt('', globalFlags, { ...global, typed, argument: 'commands' });
  if (name === 'help' || name === 'h')
    return { values: valuesOfArgument('help', rest.length), typed, before: '' };
  const entry = findCommand(name, commands);
  return entry === undefined ? { values: [], typed, before: '' } : await cursorIn(entry, rest, typed);
}

/** The cursor among the words of a command, or of its subcommand when the first word names one. */
async function cursorIn(entry: CommandEntry, words: readonly string[], typed: string): Promise<Cursor> {
  const { flags, argsAreForeign = false, subcommands = [] }: Command = await entry.load();
  const [first, ...rest] = scan(flags, words, false).args;
  const below = first === undefined ? undefined : findCommand(first, subcommands);
  if (below !== undefined) return await cursorIn(below, rest, typed);
  const own = scan(flags, words, !argsAreForeign);
  const argument = valuesOfArgument(entry.name, own.args.length);
  return cursorAt(entry.name, flags, {
    ...own,
    typed,
    argument,
    ...(first === undefined && subcommands.length > 0 && { subcommands }),
  });
}

interface Scanned {
  /** The flag whose value is the next word. */
  pending?: string;
  args: readonly string[];
  /** Whether only arguments can follow. */
  flagsEnded: boolean;
}

/** Scans the words in front of the cursor. */
function scan(specs: FlagSpecs, words: readonly string[], interspersed: boolean): Scanned {
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

function cursorAt(
  command: string,
  specs: FlagSpecs,
  at: Scanned & { typed: string; argument: Values; subcommands?: readonly CommandEntry[] },
): Cursor {
  const { pending, flagsEnded, typed, argument, subcommands } = at;
  if (pending !== undefined) return { values: valuesOfFlag(command, pending), typed, before: '' };
  if (flagsEnded || !typed.startsWith('-'))
    return { values: argument, typed, before: '', ...(subcommands && { subcommands }) };
  const [, before, spelling = '', value = ''] = /^(--?([^=]+)=)(.*)$/s.exec(typed) ?? [];
  if (before === undefined) return { values: flagsOf(specs), typed, before: '' };
  const flag = spellingsOf(specs).get(spelling);
  return { values: flag === undefined ? [] : valuesOfFlag(command, flag), typed: value, before };
}

/** Flags by their long names, which say what they mean. */
function flagsOf(specs: FlagSpecs): Candidate[] {
  return [
    ...Object.entries(specs)
      .map(([name, { usage }]) => ({ word: `--${name}`, description: usage }))
      .sort((a, b) => (a.word < b.word ? -1 : 1)),
    { word: '--help', description: 'show help' },
  ];
}
