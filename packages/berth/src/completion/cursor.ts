// Finds out what the word at the cursor of a berth command line is. The kinds of values follow from the names that
// arguments and options have in the help, so that a new command needs no entry of its own here.
import type { Candidate } from '@berth/crictl/completion/cursor.ts';
import type { Command, Option } from 'commander';

/** Fixed words, or what to list. A place is one of `berth cp`. */
export type Values =
  | readonly Candidate[]
  | 'containers'
  | 'containers and pods'
  | 'pods'
  | 'images'
  | 'files'
  | 'places';

export interface Cursor {
  readonly values: Values;
  /** The part before the cursor; candidates start with it. */
  readonly typed: string;
  /** The part of the same word in front of `typed`, such as `--output=`. */
  readonly before: string;
}

const nothing: Values = [];

/** What the last of `words` can be; `words` are those behind `berth`. Pure. */
export function cursorOf(program: Command, words: readonly string[]): Cursor {
  const typed = words.at(-1) ?? '';
  let command = program;
  let pending: Option | undefined;
  let flagsEnded = false;
  let count = 0;
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) pending = undefined;
    else if (!flagsEnded && word === '--') flagsEnded = true;
    else if (!flagsEnded && /^-./.test(word)) pending = pendingOption(command, word);
    else {
      const below = count === 0 ? subcommand(command, word) : undefined;
      if (below === undefined) count += 1;
      else command = below;
      flagsEnded ||= isForeign(command, count);
    }
  }
  if (pending !== undefined) return { values: valuesOfOption(pending), typed, before: '' };
  if (!flagsEnded && typed.startsWith('-')) return cursorAtFlag(command, typed);
  const shown = command.commands.filter((each) => !each.name().startsWith('_'));
  if (count === 0 && shown.length > 0) return { values: shown.flatMap(commandWords), typed, before: '' };
  return { values: valuesOfArgument(command, count), typed, before: '' };
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((each) => each.name() === word || each.aliases().includes(word));
}

function commandWords(command: Command): Candidate[] {
  return [command.name(), ...command.aliases()].map((word) => ({ word, description: command.description() }));
}

/** Whether the next argument is the command line of another program, whose flags are its own. */
function isForeign(command: Command, count: number): boolean {
  return command.registeredArguments[count]?.name().startsWith('COMMAND') === true;
}

/** The option at the end of `-x`, `-abx` or `--long` whose value is the next word. */
function pendingOption(command: Command, word: string): Option | undefined {
  if (word.includes('=')) return undefined;
  const spelling = word.startsWith('--') ? word : `-${word.at(-1)}`;
  const option = optionOf(command, spelling);
  return option?.required === true ? option : undefined;
}

function optionOf(command: Command, spelling: string): Option | undefined {
  return command.options.find(({ long, short }) => long === spelling || short === spelling);
}

function cursorAtFlag(command: Command, typed: string): Cursor {
  const equals = typed.indexOf('=');
  if (equals > 0) {
    const option = optionOf(command, typed.slice(0, equals));
    const values = option === undefined ? nothing : valuesOfOption(option);
    return { values, typed: typed.slice(equals + 1), before: typed.slice(0, equals + 1) };
  }
  const values = [
    ...command.options
      .filter(({ hidden }) => !hidden)
      .map(({ long, short, description }) => ({ word: long ?? short ?? '', description })),
    { word: '--help', description: 'display help for command' },
  ];
  return { values: values.sort((a, b) => (a.word < b.word ? -1 : 1)), typed, before: '' };
}

function valuesOfOption({ argChoices, flags }: Option): Values {
  if (argChoices !== undefined) return argChoices.map((word) => ({ word }));
  return kindOf(/[<[](.*)[>\]]/.exec(flags)?.[1] ?? '');
}

function valuesOfArgument({ registeredArguments }: Command, count: number): Values {
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[count] ?? (last?.variadic === true ? last : undefined);
  if (argument?.argChoices !== undefined) return argument.argChoices.map((word) => ({ word }));
  return kindOf(argument?.name() ?? '');
}

/** The kind of a value by its name in the help: `POD`, `POD|CONTAINER`, `IMAGE...`, `FILE|DIR`. */
function kindOf(name: string): Values {
  const words = name.replace(/\.\.\.$/, '').split(/[|/]/);
  const isOne = (...of: string[]) => words.some((word) => of.includes(word));
  if (isOne('FILE', 'DIR', 'PATH', 'MANIFEST')) return 'files';
  if (isOne('SOURCE', 'TARGET')) return 'places';
  if (isOne('CONTAINER')) return isOne('POD') ? 'containers and pods' : 'containers';
  if (isOne('POD')) return 'pods';
  return isOne('IMAGE') ? 'images' : nothing;
}
