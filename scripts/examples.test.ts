// The `@example`s of the packages compile, and those that need no root run to their end without an error.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { allExamples, ExamplePrograms, examplesOf, programOf } from '@berth/test-support/examples.ts';

const examples = allExamples();
let programs: ExamplePrograms;
const paths = new Map<(typeof examples)[number], string>();
before(() => {
  programs = new ExamplePrograms();
  for (const example of examples) paths.set(example, programs.write(example));
});
after(() => programs[Symbol.dispose]());

test('examples are found by their tag, with the line and the mark', () => {
  const source = [
    'export interface Options {}',
    '/**',
    ' * Adds.',
    ' *',
    ' * @example add(1, 2);',
    ' * @example (root)',
    ' * const options: Options = {};',
    ' * @throws never',
    ' */',
    'export function add() {}',
  ].join('\n');
  const [short, marked, ...more] = examplesOf('packages/x/src/a/b.ts', source);
  assert.deepEqual(short, {
    file: 'packages/x/src/a/b.ts',
    line: 5,
    needsRoot: false,
    code: 'add(1, 2);',
  });
  assert.deepEqual([marked?.line, marked?.needsRoot, more], [7, true, []]);
  assert.equal(
    short && programOf(short, source),
    "import { add } from '@berth/x/a/b.ts';\nadd(1, 2);\nexport {};\n",
  );
  assert.match(marked ? programOf(marked, source) : '', /^import \{ type Options \} from/);
});

test('the examples compile', () => programs.checkTypes());

describe('the example at', { concurrency: 2 }, () => {
  for (const example of examples.filter(({ needsRoot }) => !needsRoot)) {
    test(`${example.file}:${example.line}`, async () => {
      await programs.run(paths.get(example) ?? assert.fail());
    });
  }
});
