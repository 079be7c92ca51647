// What the scripts of `crictl completion` ask for: the words that may stand at the cursor.

import { App } from '../app.ts';
import { parseFlags } from '../cli/flags.ts';
import { defineCommand } from '../command.ts';
import { commands, findCommand } from '../commands.ts';
import { distinctWords, objectsOf } from '../completion/object-words.ts';
import { type Candidate, placeOf } from '../completion/place.ts';
import type { Values } from '../completion/values.ts';
import { globalFlags, loadSettings } from '../config/settings.ts';
import { print } from '../output/print.ts';

const helpCommand = { word: 'help', description: 'Shows a list of commands or help for one command' };

export const complete = defineCommand({
  argsUsage: '-- WORD...',
  description:
    'Prints what the last word may be, each with a tab and what it means behind it, or :files for names of files.',
  flags: {},
  async run({ app, args }) {
    const { values, typed, before } = await placeOf(args, { globalFlags, find: findCommand });
    if (values === 'files') {
      print(':files\n');
      return;
    }
    const candidates = (await candidatesOf(values, typed, app, args)).filter(({ word }) =>
      word.startsWith(typed),
    );
    const lines = candidates.map(({ word, description = '' }) => `${before}${word}\t${description}\n`);
    print(lines.join(''));
  },
});

async function candidatesOf(
  values: Exclude<Values, 'files'> | readonly Candidate[],
  typed: string,
  app: App,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  if (values === 'commands') {
    const all = commands.filter(({ hidden }) => hidden !== true);
    return [
      ...all.flatMap(({ name, aliases = [], usage }) =>
        [name, ...aliases].map((word) => ({ word, description: usage })),
      ),
      helpCommand,
    ];
  }
  if (typeof values !== 'string')
    return values.map((each) => (typeof each === 'string' ? { word: each } : each));
  // The runtime is the one that the words before the cursor name.
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
