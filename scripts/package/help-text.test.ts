import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHelp, subcommands } from './help-text.ts';

test("commander's help: a wrapped description, arguments, options, commands and what comes behind", () => {
  const help = parseHelp(`Usage: x up [options] [FILE...]

start it if it does not run, and wait until it
is ready

Arguments:
  FILE             files, or directories of
                   them
Options:
  --timeout <s>    how long to wait (default: 120)
  -h, --help       display help

Commands:
  ls|list [words]  list
  help [command]   display help

Examples:
  x up a.yaml      start it

Its log is in /var/log, and
elsewhere.
`);
  assert.deepEqual(help, {
    usage: ['x up [options] [FILE...]'],
    description: ['start it if it does not run, and wait until it is ready'],
    sections: [
      { title: 'Arguments', rows: [{ term: 'FILE', text: 'files, or directories of them' }] },
      {
        title: 'Options',
        rows: [
          { term: '--timeout <s>', text: 'how long to wait (default: 120)' },
          { term: '-h, --help', text: 'display help' },
        ],
      },
      {
        title: 'Commands',
        rows: [
          { term: 'ls|list [words]', text: 'list' },
          { term: 'help [command]', text: 'display help' },
        ],
      },
      { title: 'Examples', rows: [{ term: 'x up a.yaml', text: 'start it' }] },
    ],
    notes: ['Its log is in /var/log, and elsewhere.'],
  });
  assert.deepEqual(subcommands(help), ['ls']);
});

test("crictl's help: NAME and DESCRIPTION are the description", () => {
  const help = parseHelp(`NAME:
   crictl ps - List containers - all

USAGE:
   crictl ps [command options]

DESCRIPTION:
   It does. And
   it is.

COMMANDS:
   event, events  Stream events
   help, h        Shows help

OPTIONS:
   --label value [ --label value ]  Only with this label
                                    and no other
   --help, -h                       show help
`);
  assert.deepEqual(help.usage, ['crictl ps [command options]']);
  assert.deepEqual(help.description, ['List containers - all', 'It does. And\nit is.']);
  assert.deepEqual(
    help.sections.map(({ title, rows }) => [title, rows.length]),
    [
      ['COMMANDS', 2],
      ['OPTIONS', 2],
    ],
  );
  assert.equal(help.sections[1]?.rows[0]?.text, 'Only with this label and no other');
  assert.deepEqual(subcommands(help), ['event']);
});

test("the kubelet's help: an example below the usage, and flags that reach into the column", () => {
  const help = parseHelp(`It runs pods.

Usage: kubelet [flags]

  kubelet --config x

What to run:
  --a VALUE        One, (default 1,
                   2)
  --a-very-long-flag VALUE Ends it

Flags are named as usual.
`);
  assert.deepEqual(help, {
    usage: ['kubelet [flags]', 'kubelet --config x'],
    description: ['It runs pods.'],
    sections: [
      {
        title: 'What to run',
        rows: [
          { term: '--a VALUE', text: 'One, (default 1, 2)' },
          { term: '--a-very-long-flag VALUE', text: 'Ends it' },
        ],
      },
    ],
    notes: ['Flags are named as usual.'],
  });
});
