import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand } from './expand.ts';

const variables = new Map([
  ['VAR_A', 'A'],
  ['VAR_B', 'B'],
  ['VAR_REF', '$(VAR_A)'],
  ['VAR_EMPTY', ''],
]);

const cases: [input: string, output: string][] = [
  ['', ''],
  ['$(VAR_A)', 'A'],
  ['___$(VAR_A)___', '___A___'],
  ['$(VAR_A)$(VAR_B)', 'AB'],
  ['$(VAR_A)-$(VAR_B)-$(VAR_A)', 'A-B-A'],
  ['$(VAR_EMPTY)', ''],
  ['$(MISSING)', '$(MISSING)'],
  ['x $(MISSING) $(VAR_A)', 'x $(MISSING) A'],
  // A value is not expanded again.
  ['$(VAR_REF)', '$(VAR_A)'],
  ['$$(VAR_A)', '$(VAR_A)'],
  ['$$$(VAR_A)', '$A'],
  ['$$$$(VAR_A)', '$$(VAR_A)'],
  ['$$$$$(VAR_A)', '$$A'],
  ['$$', '$'],
  ['$', '$'],
  ['$$$', '$$'],
  ['a$', 'a$'],
  ['$VAR_A', '$VAR_A'],
  ['$[VAR_A]', '$[VAR_A]'],
  ['$(VAR_A', '$(VAR_A'],
  ['$(VAR_A$(VAR_B)', '$(VAR_A$(VAR_B)'],
  ['$()', '$()'],
  ['$( VAR_A)', '$( VAR_A)'],
  ['echo $(VAR_A)) $((1+1))', 'echo A) $((1+1))'],
  ['$?_boo_$!', '$?_boo_$!'],
  ['日本$(VAR_A)語', '日本A語'],
];

for (const [input, output] of cases) {
  test(`${JSON.stringify(input)} expands to ${JSON.stringify(output)}`, () => {
    assert.equal(
      expand(input, (name) => variables.get(name)),
      output,
    );
  });
}
