import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helpStructure } from './help-structure.ts';

test('sentences go, everything else of a help stays', () => {
  const help = `before
NAME:
   crictl x - some words

USAGE:
   crictl x [command options] ID

DESCRIPTION:
   Some (default: words)
   more of them

COMMANDS:
   do, d    does it
   help, h  helps

OPTIONS:
   --all, -a                  all of it (default: false)
   --file NAME, -f NAME       a file (default: uses another) [$FILE, $NAME]
   --name value [ --name v ]  lines
of words
   --help, -h                 show help
`;
  assert.equal(
    helpStructure(help),
    `before
NAME:
   crictl x - …

USAGE:
   crictl x [command options] ID

DESCRIPTION:
COMMANDS:
   do, d    …
   help, h  …

OPTIONS:
   --all, -a                  … (default: false)
   --file NAME, -f NAME       … (default: uses another) [$FILE, $NAME]
   --name value [ --name v ]  …
   --help, -h                 …
`,
  );
  assert.equal(helpStructure('no help\n'), 'no help\n');
});
