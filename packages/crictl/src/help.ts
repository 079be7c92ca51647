// Help texts, laid out as urfave/cli does, so that they read like the real crictl's.

import { type FlagSpec, type FlagSpecs, parseFlags } from './cli/flags.ts';
import type { Command } from './command.ts';

/** Help of one command. */
export function commandHelp(name: string, usage: string, command: Command): string {
  const lines = ['NAME:', `   crictl ${name} - ${usage}`, '', 'USAGE:'];
  lines.push(`   crictl ${name} [command options]${command.argsUsage ? ` ${command.argsUsage}` : ''}`);
  if (command.description) {
    lines.push('', 'DESCRIPTION:', ...command.description.split('\n').map((line) => `   ${line}`.trimEnd()));
  }
  lines.push('', 'OPTIONS:', ...flagLines(command.flags, [['--help, -h', 'show help']]));
  return `${lines.join('\n')}\n`;
}

/** Help of crictl itself. */
export function programHelp(
  version: string,
  commands: readonly { name: string; aliases?: readonly string[]; usage: string }[],
  globalFlags: FlagSpecs,
): string {
  const rows = commands.map(({ name, aliases = [], usage }): [string, string] => [
    [name, ...aliases].join(', '),
    usage,
  ]);
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
    ...columns([...rows, ['help, h', 'Shows a list of commands or help for one command']]),
    '',
    'GLOBAL OPTIONS:',
    ...flagLines(globalFlags, [
      ['--help, -h', 'show help'],
      ['--version, -v', 'print the version'],
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function flagLines(specs: FlagSpecs, extra: [string, string][]): string[] {
  const rows = Object.entries(specs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]): [string, string] => [spellings(name, spec), description(name, spec, specs)]);
  return columns([...rows, ...extra]);
}

function spellings(name: string, spec: FlagSpec): string {
  const takesValue = spec.type === 'boolean' ? '' : ' value';
  const all = [name, ...(spec.aliases ?? [])].map(
    (word) => `${word.length === 1 ? '-' : '--'}${word}${takesValue}`,
  );
  const repeated = spec.type === 'strings' ? ` [ ${all.join(', ')} ]` : '';
  return all.join(', ') + repeated;
}

function description(name: string, spec: FlagSpec, specs: FlagSpecs): string {
  const fallback: unknown = parseFlags(specs, [], { interspersed: false }).values[name];
  const shown =
    spec.type === 'strings' || fallback === ''
      ? ''
      : ` (default: ${spec.type === 'string' ? JSON.stringify(fallback) : spec.type === 'duration' ? `${Number(fallback) / 1000}s` : fallback})`;
  const variables = spec.env ? ` [${spec.env.map((variable) => `$${variable}`).join(', ')}]` : '';
  return spec.usage + shown + variables;
}

function columns(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = ' '.repeat(width + 5);
  return rows.map(([left, right]) => `   ${left.padEnd(width)}  ${right.replaceAll('\n', `\n${indent}`)}`);
}
