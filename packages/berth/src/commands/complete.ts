// `berth completion`, and the hidden command that its scripts call at each Tab.
import type { Candidate } from '@berth/crictl/completion/cursor.ts';
import { distinctWords, objectsOf } from '@berth/crictl/completion/runtime-names.ts';
import { completionScript } from '@berth/crictl/completion/scripts.ts';
import type { Command } from 'commander';
import { cursorOf, type Values } from '../completion/cursor.ts';
import { criApp } from '../node/cri-app.ts';
import type { NodeLayout } from '../node/layout.ts';
import type { Output } from '../terminal/status-lines.ts';

/** Prints the completion script for a shell. */
export function completion(shell: string, output: Output = process.stdout): void {
  output.write(completionScript('berth', shell) ?? '');
}

/**
 * Prints what the last word may be, each with a tab and what it means behind it, or `:files` for names of files. Prints
 * fewer words, and no error, when the runtime does not answer.
 */
export async function complete(
  layout: () => Pick<NodeLayout, 'socket'>,
  program: Command,
  [, ...words]: readonly string[],
  output: Output = process.stdout,
): Promise<void> {
  const { values, typed, before } = cursorOf(program, words);
  const found = await candidatesOf(layout, values, typed).catch(() => []);
  if (found === 'files') output.write(':files\n');
  else {
    const fitting = found.filter(({ word }) => word.startsWith(typed));
    output.write(fitting.map(({ word, description = '' }) => `${before}${word}\t${description}\n`).join(''));
  }
}

async function candidatesOf(
  layout: () => Pick<NodeLayout, 'socket'>,
  values: Values,
  typed: string,
): Promise<readonly Candidate[] | 'files'> {
  if (typeof values !== 'string') return values;
  if (values === 'files' || (values === 'places' && /^[./]|:/.test(typed))) return 'files';
  const app = criApp(layout());
  try {
    const kind = values === 'places' ? 'pods' : values;
    const words = distinctWords(await objectsOf(app, kind), typed);
    if (values !== 'places') return words;
    return words.length === 0 ? 'files' : words.map((each) => ({ ...each, word: `${each.word}:` }));
  } finally {
    app.close();
  }
}
