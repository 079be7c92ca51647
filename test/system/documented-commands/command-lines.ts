// The command lines that README.md and docs/ show: those of their blocks and those in backquotes, in order.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@berth/test-support/scratch.ts';

/** A command line of a document. */
export interface CommandLine {
  /** Without its prompt and comment. */
  readonly line: string;
  /** It stands in backquotes within a text, and may lack arguments. */
  readonly isMention: boolean;
}

/** The documents for users, by their paths in the checkout. */
export const documents: readonly string[] = [
  'README.md',
  'SECURITY.md',
  ...globSync('docs/*.md', { cwd: checkout }).sort(),
];

/** The command lines of a document; a line in backquotes is one when it may be, whatever it begins with. */
export function commandLinesOf(document: string): CommandLine[] {
  return commandLines(readFileSync(join(checkout, document), 'utf8'));
}

/** The command lines of a text in Markdown. Pure. */
export function commandLines(text: string): CommandLine[] {
  const found = text.matchAll(/^```(\S*)\n(.*?)^```|`([^`\n]+)`/gms);
  return [...found].flatMap(([, language, block = '', mention]): CommandLine[] => {
    if (mention !== undefined) return [{ line: mention, isMention: true }];
    if (!['', 'sh', 'console'].includes(language ?? '')) return [];
    return blockLines(block).map((line) => ({ line, isMention: false }));
  });
}

/** What is typed in a block; where it has prompts, the rest is what the commands print. */
function blockLines(block: string): string[] {
  const lines = block.replaceAll('\\\n', ' ').split('\n');
  const typed = lines.some((line) => line.startsWith('$ '))
    ? lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
    : lines;
  return typed.map((line) => line.replace(/(^|\s+)#\s.*/, '').trim()).filter((line) => line !== '');
}

/** The words of a command line, without quotes. Pure. */
export function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);
  return words.map((word) => word.replaceAll(/["']/g, ''));
}

/** The simple commands of a line: the parts of a pipe, or what a substitution runs; each as its words. Pure. */
export function callsIn(line: string): string[][] {
  const inner = line.replace(/^(?:source|\.) <\((.*?)\)/, '$1');
  return inner.split(/ \| | && /).map((part) => wordsOf(part.replace(/^\s*sudo /, '')));
}
