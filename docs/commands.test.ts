// The commands of Berth that README.md and docs/ show exist, and have the flags that are shown: each is parsed by the
// program's own tables. test/system/documented-commands.test.ts runs them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { berthProgram } from '@berth/berth/cli/program.ts';
import { berthVersion } from '@berth/common/version.ts';
import { findCommand } from '@berth/crictl/app/command.ts';
import { parseFlags } from '@berth/crictl/cli/flags.ts';
import { commands as crictlCommands } from '@berth/crictl/commands.ts';
import { globalFlags } from '@berth/crictl/config/settings.ts';
import { parseCommandLine } from '@berth/kubelet/options/flags.ts';
import { parseArguments } from '@berth/runtime/options.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { type Command, CommanderError } from 'commander';
import { callsIn, commandLinesOf, documents } from '../test/system/documented-commands/command-lines.ts';

/** Parses a command line of one program without running it; throws what is wrong with it. */
const parsers: Readonly<Record<string, (words: string[]) => unknown>> = {
  berth: (words) => inert(berthProgram()).parseAsync(words, { from: 'user' }),
  berthd: (words) => {
    try {
      parseArguments(words);
    } catch (error) {
      // The file that an example names is not on this machine.
      if (!(error instanceof Error) || error.name !== 'ConfigError') throw error;
    }
  },
  kubelet: (words) => parseCommandLine(words),
  crictl: async (words) => {
    const { args } = parseFlags(globalFlags, words, { interspersed: false });
    const [name = '', ...rest] = args;
    const command = await findCommand(name, crictlCommands)?.load();
    assert(command, `crictl has no command ${name}`);
    parseFlags(command.flags, rest, { interspersed: command.argsAreForeign !== true });
  },
  npm: ([verb, name = '']) => {
    const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
    if (verb === 'run') assert.ok(Object.hasOwn(scripts, name), `package.json has no script ${name}`);
  },
};

/** The same commands with actions that do nothing, and errors that are thrown. */
function inert(command: Command): Command {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  if (command.commands.length === 0) command.action(() => {});
  for (const each of command.commands) inert(each);
  return command;
}

/** The programs of ours that a line starts, with their arguments. */
function ourCallsIn(line: string): { program: string; words: string[] }[] {
  return callsIn(line).flatMap(([first = '', ...words]) => {
    const program = basename(first);
    return Object.hasOwn(parsers, program) && words.length > 0 ? [{ program, words }] : [];
  });
}

const isIncomplete = (error: unknown): boolean =>
  error instanceof CommanderError && ['commander.missingArgument', 'commander.help'].includes(error.code);
/** Printed and done, as --help and --version. */
const isPrinted = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0;

let count = 0;
for (const document of documents) {
  test(`the commands in ${document} exist, with their flags`, async () => {
    const problems: string[] = [];
    for (const { line, isMention } of commandLinesOf(document)) {
      for (const { program, words } of ourCallsIn(line)) {
        count += 1;
        try {
          await parsers[program]?.(words);
        } catch (error) {
          if (isPrinted(error) || (isMention && isIncomplete(error))) continue;
          problems.push(`${line}: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
    assert.deepEqual(problems, []);
  });
}

test('packages have the version in their names that npm run package gives them', () => {
  for (const document of documents) {
    const text = readFileSync(join(checkout, document), 'utf8');
    for (const [name, version] of text.matchAll(/\bberth[_-](\d+\.\d+\.\d+)[-_.]/g))
      assert.equal(version, berthVersion, `${document}: ${name}`);
  }
});

test('there are commands to look at, and a wrong one is noticed', async () => {
  assert.ok(count > 100, `${count} commands`);
  for (const line of [
    'berth upp',
    'berth up --no-such',
    'berthd --no-such',
    'kubelet --no-such',
    'crictl ps --no-such',
    'crictl pss',
    'npm run no-such',
  ]) {
    const [call] = ourCallsIn(line);
    await assert.rejects(async () => parsers[call?.program ?? '']?.(call?.words ?? []), line);
  }
});
