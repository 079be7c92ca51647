// Runs a command line: parses global flags, dispatches to the command, prints its error, returns the exit code.
import type { App } from './app/app.ts';
import { type Command, type CommandEntry, findCommand } from './app/command.ts';
import { interruption } from './app/interruption.ts';
import { version } from './app/version.ts';
import { type FlagSpecs, parseFlags, UsageError } from './cli/flags.ts';
import { Logger } from './cli/logger.ts';
import { commands } from './commands.ts';
import { globalFlags, loadSettings, type Settings } from './config/settings.ts';
import { describeError } from './errors/describe.ts';
import { ExitError } from './errors/exit-error.ts';
import { HintedError } from './errors/within.ts';
import { isTerminal, print, printError } from './output/print.ts';

const rootFlags = {
  ...globalFlags,
  version: { type: 'boolean', aliases: ['v'], usage: 'print the version' },
} as const;

/** Runs crictl with these arguments; returns the exit code. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const logger = new Logger();
  try {
    await dispatch(argv, env, logger);
    return 0;
  } catch (error) {
    if (error instanceof ExitError) {
      printError(`${error.message}\n`);
      if (error instanceof NoTopicError) await hintAt(error.word);
      return error.exitCode;
    }
    logger.fatal(describeError(error));
    if (error instanceof HintedError && error.hint !== undefined) {
      printError(`hint: ${error.hint}\n`);
    }
    return 1;
  }
}

async function dispatch(argv: readonly string[], env: NodeJS.ProcessEnv, logger: Logger): Promise<void> {
  const global = await parse(rootFlags, argv, env, showProgramHelp);
  const [word, ...rest] = global.args;
  if (global.help) return await showTopic(word, true);
  if (global.values.version) {
    print(`crictl version ${version}\n`);
    return;
  }
  const settings = await loadSettings(global, logger);
  logger.debugEnabled = settings.debug;
  const { profileCpu, profileMemory } = settings;
  // Bun has no sampling heap profiler, and cannot load the gRPC of OpenTelemetry's exporter.
  if (process.versions['bun'] !== undefined && (profileMemory !== '' || settings.tracing !== undefined)) {
    const { runByNode } = await import('./run-by-node.ts');
    return runByNode(argv);
  }
  if (profileCpu === '' && profileMemory === '') return await runWord(word, rest, env, settings, logger);
  const { profiled } = await import('./profile/profile.ts');
  await profiled({ cpuPath: profileCpu, memoryPath: profileMemory }, logger, () =>
    runWord(word, rest, env, settings, logger),
  );
}

/** Runs the first word that is not a global flag: a command, or `help`. */
async function runWord(
  word: string | undefined,
  rest: readonly string[],
  env: NodeJS.ProcessEnv,
  settings: Settings,
  logger: Logger,
): Promise<void> {
  if (word === undefined) return await showProgramHelp();
  if (isHelp(word)) {
    const { args, help } = await parse({}, rest, env, showHelpOfHelp);
    return await showTopic(help ? undefined : args[0]);
  }
  const entry = findCommand(word, commands);
  if (entry === undefined) throw noTopic(word);
  await runCommand(entry, [], rest, { env, settings, logger });
}

const isHelp = (word: string | undefined) => word === 'help' || word === 'h';

interface Around {
  env: NodeJS.ProcessEnv;
  settings: Settings;
  logger: Logger;
}

/** Runs a command, or its subcommand when the first argument names one. `parents` are the commands above it. */
async function runCommand(
  entry: CommandEntry,
  parents: readonly string[],
  words: readonly string[],
  around: Around,
): Promise<void> {
  const { env, settings, logger } = around;
  const command = await entry.load();
  const path = [...parents, entry.name];
  const { subcommands = [] } = command;
  const show = (listsCommands: boolean) =>
    showCommandHelp(path.join(' '), entry.usage, command, listsCommands);
  const parseWords = (interspersed: boolean) =>
    parse(command.flags, words, env, () => show(true), interspersed);
  let parsed = await parseWords(false);
  if (parsed.help) return await show(subcommands.length > 0);
  const [first = '', ...others] = parsed.args;
  if (isHelp(first)) {
    const topic = others[0];
    if (topic === undefined) return await show(subcommands.length > 0);
    throw noTopic(topic);
  }
  const below = findCommand(first, subcommands);
  if (below !== undefined) return await runCommand(below, path, others, around);
  // Flags may follow arguments, unless the arguments are the command line of another program.
  if (command.argsAreForeign !== true && others.length > 0) parsed = await parseWords(true);
  if (parsed.help) return await show(subcommands.length > 0);
  const { values: flags, given, args } = parsed;
  // This loads the gRPC client, more than half of the start-up time; help and usage errors do not need it.
  const { App } = await import('./app/app.ts');
  const tracing =
    settings.tracing && (await import('./opentelemetry/spans.ts')).startTracing(settings.tracing);
  const app = new App(settings, logger, interruption(), tracing);
  let helpWanted = false;
  const showHelp = () => {
    helpWanted = true;
  };
  try {
    await command.run({ app, flags, given, args, commands, showHelp });
  } catch (error) {
    if (error instanceof ExitError) throw error;
    throw new HintedError(app.explain(error), await hintFor(app, error), { cause: error });
  } finally {
    app.close();
    await tracing?.close(settings.timeoutMs).catch((error: unknown) => {
      logger.error(`Unable to shutdown tracer provider: ${describeError(error)}`);
    });
  }
  if (helpWanted) await show(true);
}

/** The hint for an error, on terminals only: scripts get the same output as from the real crictl. */
async function hintFor(app: App, error: unknown): Promise<string | undefined> {
  if (!isTerminal(2)) return undefined;
  return (await import('./hints/diagnose.ts')).hintFor(app, error);
}

/** Parses flags. For an invalid command line it prints the help, and rethrows. */
async function parse<Specs extends FlagSpecs>(
  specs: Specs,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  help: () => Promise<void>,
  interspersed = false,
) {
  try {
    return parseFlags(specs, words, { interspersed, env });
  } catch (error) {
    if (error instanceof UsageError) {
      print(`Incorrect Usage: ${error.message}\n\n`);
      await help();
    }
    throw error;
  }
}

async function showProgramHelp(): Promise<void> {
  const { programHelp } = await import('./cli/help.ts');
  const shown = commands.filter(({ hidden }) => hidden !== true);
  print(programHelp(version, shown, globalFlags));
}

/** Prints the help of `crictl help WORD` and `crictl --help WORD`. */
async function showTopic(word: string | undefined, isGlobalFlag = false): Promise<void> {
  if (word === undefined) return await showProgramHelp();
  if (isHelp(word)) return await showHelpOfHelp();
  const entry = findCommand(word, commands);
  // With --help it is a plain error, as in the real crictl.
  if (entry === undefined) throw isGlobalFlag ? new Error(noTopic(word).message) : noTopic(word);
  const command = await entry.load();
  await showCommandHelp(entry.name, entry.usage, command, (command.subcommands ?? []).length > 0);
}

async function showHelpOfHelp(): Promise<void> {
  const { commandHelp, helpEntry } = await import('./cli/help.ts');
  print(commandHelp('help', helpEntry.usage, { argsUsage: '[command]', flags: {} }));
}

async function showCommandHelp(
  words: string,
  usage: string,
  command: Command,
  listsCommands: boolean,
): Promise<void> {
  const { commandHelp, helpEntry } = await import('./cli/help.ts');
  const listed = listsCommands ? [...(command.subcommands ?? []), helpEntry] : [];
  print(commandHelp(words, usage, command, listed));
}

function noTopic(word: string): Error {
  return new NoTopicError(word);
}

/** An unknown command, or an unknown topic of help. */
class NoTopicError extends ExitError {
  readonly word: string;

  constructor(word: string) {
    super(`No help topic for '${word}'`, 3);
    this.word = word;
  }
}

/** Prints a hint with the closest command names, on terminals only. */
async function hintAt(word: string): Promise<void> {
  if (!isTerminal(2)) return;
  const { hint } = await import('./hints/hint.ts');
  const known = commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
  printError(`hint: ${hint({ kind: 'not-found', what: 'command', word, known }, false)}\n`);
}
