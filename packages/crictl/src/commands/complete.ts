// The hidden command that the completion scripts call: prints the candidates for the word at the cursor.

import { App } from '../app/app.ts';
import { type CommandEntry, defineCommand } from '../app/command.ts';
import { parseFlags } from '../cli/flags.ts';
import { type Candidate, cursorOf } from '../completion/cursor.ts';
import { distinctWords, objectsOf } from '../completion/runtime-names.ts';
import type { Values } from '../completion/values.ts';
import { globalFlags, loadSettings } from '../config/settings.ts';
import { print } from '../output/print.ts';

const helpCommand = { word: 'help', description: 'Shows a list of commands or help for one command' };

export const complete = defineCommand({
  argsUsage: '-- crictl [WORD...]',
  description:
    'Prints what the last word may be, each with a tab and what it means behind it, or :files for names of files.',
  flags: {},
  async run({ app, commands, args: [_program, ...words] }) {
    const { values, typed, before, subcommands = [] } = await cursorOf(words, globalFlags, commands);
    const fitting = (candidates: readonly Candidate[]) =>
      candidates.filter(({ word }) => word.startsWith(typed));
    const below = fitting(subcommands.flatMap(commandWords));
    if (values === 'files') {
      // The output is either files or words: offer subcommands only when one is begun.
      print(below.length > 0 && typed !== '' ? lines(below, before) : ':files\n');
      return;
    }
    print(lines(below, before));
    print(lines(fitting(await candidatesOf(values, { typed, app, words, commands })), before));
  },
});

const commandWords = ({ name, aliases = [], usage }: CommandEntry): Candidate[] =>
  [name, ...aliases].map((word) => ({ word, description: usage }));

const lines = (candidates: readonly Candidate[], before: string) =>
  candidates.map(({ word, description = '' }) => `${before}${word}\t${description}\n`).join('');

async function candidatesOf(
  values: Exclude<Values, 'files'> | readonly Candidate[],
  about: { typed: string; app: App; words: readonly string[]; commands: readonly CommandEntry[] },
): Promise<readonly Candidate[]> {
  const { typed, app, words, commands } = about;
  if (values === 'commands') {
    return [...commands.filter(({ hidden }) => hidden !== true).flatMap(commandWords), helpCommand];
  }
  if (typeof values !== 'string')
    return values.map((each) => (typeof each === 'string' ? { word: each } : each));
  // Connect to the runtime that the flags in front of the cursor name.
  const { logger, signal } = app;
  const settings = await loadSettings(
    parseFlags(globalFlags, words, { interspersed: false, env: process.env }),
    { warning: () => {} },
  );
  const other = new App(settings, logger, signal);
  try {
    return distinctWords(await objectsOf(other, values), typed);
  } finally {
    other.close();
  }
}
