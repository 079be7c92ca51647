// The `@example`s of the packages compile, and run to their end without an error.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allExamples, type Example, ExamplePrograms } from '@berth/test-support/examples.ts';

const examples = allExamples();
const paths = new Map<Example, string>();
let programs: ExamplePrograms;
before(() => {
  programs = new ExamplePrograms();
  for (const example of examples) paths.set(example, programs.write(example));
});
after(() => programs[Symbol.dispose]());

test('there are some, for root too', () => {
  assert.ok(examples.length > 30);
  assert.ok(examples.some(({ needsRoot }) => needsRoot));
});

test('they compile', () => programs.checkTypes());

for (const example of examples) {
  test(`${example.file}:${example.line}`, () => programs.run(paths.get(example) ?? assert.fail()));
}
