// The definition of a command and its invocation.

import type { FlagSpecs, FlagValues } from '../cli/flags.ts';
import type { App } from './app.ts';

export interface Invocation<Specs extends FlagSpecs> {
  app: App;
  flags: FlagValues<Specs>;
  /** Names of the flags that were given rather than left at their default. */
  given: ReadonlySet<keyof Specs & string>;
  args: string[];
  /** All commands, for completion. */
  commands: readonly CommandEntry[];
  /** Prints the command's help, as for a wrong number of arguments. */
  showHelp(): void;
}

export interface Command<Specs extends FlagSpecs = FlagSpecs> {
  /** Arguments in the help text, such as `CONTAINER-ID [CONTAINER-ID...]`. */
  argsUsage?: string;
  description?: string;
  flags: Specs;
  /** Subcommands, such as `create jsonschema`. */
  subcommands?: readonly CommandEntry[];
  /** Whether arguments are the command line of another program and may look like flags. */
  argsAreForeign?: boolean;
  run(invocation: Invocation<Specs>): Promise<void>;
}

/** A command by its name. It is loaded when it is called, which keeps the start-up short. */
export interface CommandEntry {
  name: string;
  aliases?: readonly string[];
  usage: string;
  /** Not listed in help and completions. */
  hidden?: true;
  load: () => Promise<Command>;
}

/** Declares a command; infers the types of its flags for `run`. */
export function defineCommand<const Specs extends FlagSpecs>(command: Command<Specs>): Command<Specs> {
  return command;
}

/** The command with this name or alias. */
export function findCommand(word: string, among: readonly CommandEntry[]): CommandEntry | undefined {
  return among.find(({ name, aliases }) => name === word || aliases?.includes(word));
}
