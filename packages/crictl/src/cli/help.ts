// Help texts, laid out as urfave/cli does, so that they read like the real crictl's.

import { formatGoDuration } from '@berth/common/go-duration.ts';
import { type FlagSpec, type FlagSpecs, parseFlags } from './flags.ts';

/** The parts of a command that its help text shows. */
interface Described {
  argsUsage?: string | undefined;
  description?: string | undefined;
  flags: FlagSpecs;
}

/** A command as lists of commands show it. */
interface Listed {
  name: string;
  aliases?: readonly string[];
  usage: string;
}

/** The command that every list of commands ends with. */
export const helpEntry: Listed = {
  name: 'help',
  aliases: ['h'],
  usage: 'Shows a list of commands or help for one command',
};

const helpRow: [string, string] = ['--help, -h', 'show help'];

/** Help of one command, which `words` call; `listed` are the commands below it, where they are to be shown. */
export function commandHelp(
  words: string,
  usage: string,
  command: Described,
  listed: readonly Listed[] = [],
): string {
  const lines = ['NAME:', `   crictl ${words} - ${usage}`, '', 'USAGE:'];
  lines.push(`   crictl ${words} [command options]${command.argsUsage ? ` ${command.argsUsage}` : ''}`);
  if (command.description) {
    lines.push('', 'DESCRIPTION:', ...command.description.split('\n').map((line) => `   ${line}`.trimEnd()));
  }
  if (listed.length > 0) lines.push('', 'COMMANDS:', ...commandLines(listed));
  // Only the flags of what stands directly below crictl are sorted.
  const flags = words.includes(' ') ? Object.entries(command.flags) : sorted(command.flags);
  lines.push('', 'OPTIONS:', ...flagLines(flags, [helpRow]));
  return `${lines.join('\n')}\n`;
}

/** Help of crictl itself. */
export function programHelp(version: string, commands: readonly Listed[], globalFlags: FlagSpecs): string {
  const lines = [
    'NAME:',
    '   crictl - client for CRI',
    '',
    'USAGE:',
    '   crictl [global options] command [command options]',
    '',
    'VERSION:',
    `   ${version}`,
    '',
    'COMMANDS:',
    ...commandLines([...commands, helpEntry]),
    '',
    'GLOBAL OPTIONS:',
    ...flagLines(sorted(globalFlags), [helpRow, ['--version, -v', 'print the version']]),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(listed: readonly Listed[]): string[] {
  return columns(listed.map(({ name, aliases = [], usage }) => [[name, ...aliases].join(', '), usage]));
}

function sorted(specs: FlagSpecs): [string, FlagSpec][] {
  return Object.entries(specs).sort(([a], [b]) => (a < b ? -1 : 1));
}

function flagLines(specs: readonly [string, FlagSpec][], extra: [string, string][]): string[] {
  const rows = specs.map(([name, spec]): [string, string] => [
    spellings(name, spec),
    description(name, spec),
  ]);
  return blocks([...rows, ...extra]).flatMap(columns);
}

/** What is aligned together: a text of several lines ends a block. */
function blocks(rows: readonly [string, string][]): [string, string][][] {
  const found: [string, string][][] = [[]];
  for (const row of rows) {
    found.at(-1)?.push(row);
    if (row[1].includes('\n')) found.push([]);
  }
  return found;
}

function spellings(name: string, spec: FlagSpec): string {
  const takesValue = spec.type === 'boolean' ? '' : ` ${spec.placeholder ?? 'value'}`;
  const all = [name, ...(spec.aliases ?? [])].map(
    (word) => `${word.length === 1 ? '-' : '--'}${word}${takesValue}`,
  );
  const repeated = spec.type === 'strings' ? ` [ ${all.join(', ')} ]` : '';
  return all.join(', ') + repeated;
}

function description(name: string, spec: FlagSpec): string {
  const fallback: unknown = parseFlags({ [name]: spec }, [], { interspersed: false }).values[name];
  const shown =
    spec.type === 'strings' || fallback === ''
      ? ''
      : ` (default: ${spec.type === 'string' ? JSON.stringify(fallback) : spec.type === 'duration' ? formatGoDuration(Number(fallback)) : fallback})`;
  const variables = spec.env ? ` [${spec.env.map((variable) => `$${variable}`).join(', ')}]` : '';
  return spec.usage + shown + variables;
}

function columns(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = ' '.repeat(width + 5);
  return rows.map(([left, right]) => `   ${left.padEnd(width)}  ${right.replaceAll('\n', `\n${indent}`)}`);
}
