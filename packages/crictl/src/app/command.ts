// What a command is, and what it is given to work with.

import type { FlagSpecs, FlagValues } from '../cli/flags.ts';
import type { App } from './app.ts';

export interface Invocation<Specs extends FlagSpecs> {
  app: App;
  flags: FlagValues<Specs>;
  /** Names of the flags that were given rather than left at their default. */
  given: ReadonlySet<keyof Specs & string>;
  args: string[];
  /** All there are, for the one that tells of them. */
  commands: readonly CommandEntry[];
  /** Prints how the command is used: the answer to a wrong number of arguments. */
  showHelp(): void;
}

export interface Command<Specs extends FlagSpecs = FlagSpecs> {
  /** Arguments in the words of the help text, such as `CONTAINER-ID [CONTAINER-ID...]`. */
  argsUsage?: string;
  description?: string;
  flags: Specs;
  /** Commands of its own, such as `create jsonschema`. */
  subcommands?: readonly CommandEntry[];
  /** True when arguments may look like flags, because they belong to another program. */
  argsAreForeign?: boolean;
  run(invocation: Invocation<Specs>): Promise<void>;
}

/** A command by its name; loaded only when it is called, so that a start costs little. */
export interface CommandEntry {
  name: string;
  aliases?: readonly string[];
  usage: string;
  /** Not for people: left out of lists. */
  hidden?: true;
  load: () => Promise<Command>;
}

/** Declares a command; exists so that the types of its flags reach `run`. */
export function defineCommand<const Specs extends FlagSpecs>(command: Command<Specs>): Command<Specs> {
  return command;
}

/** The command that `word` is a name of. */
export function findCommand(word: string, among: readonly CommandEntry[]): CommandEntry | undefined {
  return among.find(({ name, aliases }) => name === word || aliases?.includes(word));
}
