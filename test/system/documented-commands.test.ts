// Every command of README.md, SECURITY.md and docs/ is run as a reader would type it, in the order of the documents, on
// a machine that has never seen Berth. documented-commands/how.ts says what each of them has to show, and which cannot
// run here. docs/commands.test.ts parses them all.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { callsIn, commandLinesOf, documents } from './documented-commands/command-lines.ts';
import { hows, programs, reasonToSkip } from './documented-commands/how.ts';
import { DocumentedMachine } from './documented-commands/machine.ts';

let machine: DocumentedMachine;

before(async () => {
  moveHugetlbToV1();
  machine = await DocumentedMachine.start();
});
after(() => machine?.[Symbol.asyncDispose]());

/** What stands in backquotes is a command when it begins with a program and has arguments. */
function isCommand(line: string): boolean {
  const [[program = '', ...args] = []] = callsIn(line);
  return args.length > 0 && programs.has(basename(program));
}

/** All lines that were met, run or not; each runs where it is met first. */
const met = new Set<string>();

for (const document of documents) {
  test(`the commands of ${document}`, async (t) => {
    for (const { line, isMention } of commandLinesOf(document)) {
      if (met.has(line) || (isMention && !isCommand(line))) continue;
      met.add(line);
      const reason = reasonToSkip(line);
      if (reason === undefined) await t.test(line, () => machine.run(line));
      else await t.test(`${line} (not here: ${reason})`, { skip: true }, () => {});
    }
  });
}

test('what is said of commands is said of commands that the documents have', () => {
  assert.deepEqual(
    Object.keys(hows).filter((line) => !met.has(line)),
    [],
  );
});
