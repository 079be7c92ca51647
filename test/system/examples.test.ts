// The `@example`s that need root or the kernel run to their end without an error.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allExamples, ExamplePrograms } from '@berth/test-support/examples.ts';

const examples = allExamples().filter(({ needsRoot }) => needsRoot);
let programs: ExamplePrograms;
before(() => {
  programs = new ExamplePrograms();
});
after(() => programs[Symbol.dispose]());

test('there are some', () => assert.notEqual(examples.length, 0));

for (const example of examples) {
  test(`${example.file}:${example.line}`, () => programs.run(programs.write(example)));
}
