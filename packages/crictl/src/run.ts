// From the words on the command line to the exit code.

import { parseFlags, UsageError } from './cli/flags.ts';
import { Logger } from './cli/logger.ts';
import { type Command, ExitError } from './command.ts';
import { type CommandEntry, commands, findCommand } from './commands.ts';
import { globalFlags, loadSettings } from './config/settings.ts';
import { describeError } from './errors.ts';

const version = '0.1.0';

/** Runs crictl with the words behind its name; gives back the exit code. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const logger = new Logger();
  // A reader that has enough, such as `head`, ends us quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    return await dispatch(argv, env, logger);
  } catch (error) {
    if (error instanceof ExitError) {
      process.stderr.write(`${error.message}\n`);
      return error.exitCode;
    }
    logger.fatal(describeError(error));
    return 1;
  }
}

async function dispatch(argv: readonly string[], env: NodeJS.ProcessEnv, logger: Logger): Promise<number> {
  if (['--version', '-version', '-v'].includes(argv[0] ?? '')) {
    process.stdout.write(`crictl version ${version}\n`);
    return 0;
  }
  const global = await orHelp(
    () => parseFlags(globalFlags, argv, { interspersed: false, env }),
    showProgramHelp,
  );
  const [word, ...rest] = global.args;
  if (global.help || word === undefined || ((word === 'help' || word === 'h') && rest.length === 0)) {
    await showProgramHelp();
    return 0;
  }
  const isHelp = word === 'help' || word === 'h';
  const name = isHelp ? (rest[0] ?? '') : word;
  const entry = findCommand(name);
  if (entry === undefined) {
    throw new ExitError(`No help topic for '${name}'; crictl --help lists the commands`, 3);
  }
  const command = await entry.load();
  const options = { interspersed: command.argsAreForeign !== true, env };
  const parsed = await orHelp(
    () => parseFlags(command.flags, rest, options),
    () => showHelp(entry, command),
  );
  if (isHelp || parsed.help) {
    await showHelp(entry, command);
    return 0;
  }
  const settings = await loadSettings(global, { mayBeMissing: entry.name === 'config' });
  logger.debugEnabled = settings.debug;
  // Behind it is gRPC, which takes more than half of a start: help and mistakes are told without it.
  const { App } = await import('./app.ts');
  const app = new App(settings, logger, interruption());
  const { values: flags, given, args } = parsed;
  try {
    let helpWanted = false;
    await command.run({
      app,
      flags,
      given,
      args,
      showHelp: () => {
        helpWanted = true;
      },
    });
    if (helpWanted) await showHelp(entry, command);
    return 0;
  } catch (error) {
    if (error instanceof ExitError) {
      process.stderr.write(`${error.message}\n`);
      return error.exitCode;
    }
    logger.fatal(app.explain(error));
    return 1;
  } finally {
    app.close();
  }
}

/** Parses; a command line that cannot be understood is answered with how it should be, and thrown on. */
async function orHelp<Parsed>(parse: () => Parsed, help: () => Promise<void>): Promise<Parsed> {
  try {
    return parse();
  } catch (error) {
    if (error instanceof UsageError) {
      process.stdout.write(`Incorrect Usage: ${error.message}\n\n`);
      await help();
    }
    throw error;
  }
}

async function showProgramHelp(): Promise<void> {
  const { programHelp } = await import('./help.ts');
  const shown = commands.filter(({ hidden }) => hidden !== true);
  process.stdout.write(programHelp(version, shown, globalFlags));
}

async function showHelp(entry: CommandEntry, command: Command): Promise<void> {
  const { commandHelp } = await import('./help.ts');
  process.stdout.write(commandHelp(entry.name, entry.usage, command));
}

/** Aborted by the first Ctrl-C or SIGTERM; the second ends the process at once. */
function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(1);
      abort.abort();
    });
  }
  return abort.signal;
}
