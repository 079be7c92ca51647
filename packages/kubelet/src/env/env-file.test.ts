import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envFileValue } from './env-file.ts';

const cases: [what: string, text: string, key: string, want: string | RegExp][] = [
  ['a blank in front of a name', "  A='1'\n\tB='2'\n", 'B', '2'],
  ['comments and empty lines', "# one\n\n  \t\nA='1'\n  # two\nB='2'\n", 'B', '2'],
  ['no such variable', "A='1'\n", 'B', ''],
  ['an empty value', "A=''\nB='2'\n", 'A', ''],
  ['a hash and an equals sign in a value', "A='1#2=3'\n", 'A', '1#2=3'],
  ['blanks in a value', "A='  1 '\n", 'A', '  1 '],
  ['nothing is an escape', "A='\\n$B\"'\n", 'A', '\\n$B"'],
  ['several lines', "A='1\n# 2\n\n3' # four\nB='5'\n", 'A', '1\n# 2\n\n3'],
  ['what follows several lines', "A='1\n2'\nB='3'\n", 'B', '3'],
  ['a comment after a value', "A='1'# one\n", 'A', '1'],
  ['no line feed at the end', "A='1'", 'A', '1'],
  ['line feeds of Windows', "A='1'\r\nB='2\r\n3'\r\n", 'B', '2\n3'],
  ['the first of two', "A='1'\nA='2'\n", 'A', '1'],
  ['a blank after the equals sign', "A= '1'\nA='2'\n", 'A', ''],
  ['another with a blank after its equals sign', "A= x\nB='2'\n", 'B', '2'],
  ['a mistake after the variable', "A='1'\nbad\n", 'A', '1'],
  ['a mistake in front of it', "bad\nA='1'\n", 'A', /at line 1: missing '='/],
  ['no name', "='1'\n", 'A', /at line 1: empty variable name/],
  ['a blank in front of the equals sign', "\nA ='1'\n", 'A', /at line 2: whitespace before '='/],
  ['no quotes', 'A=1\n', 'A', /at line 1: value must be enclosed in single quotes/],
  ['double quotes', 'A="1"\n', 'A', /at line 1: value must be enclosed/],
  ['no value', 'A=\n', 'A', /at line 1: value must be enclosed/],
  ['more after the quote', "A='1\n2'x\n", 'A', /at line 2: unexpected content after closing quote/],
  ['no end of the quote', "\nA='1\n2\n", 'A', /starting at line 2: unclosed single quote/],
  ['the longest line', `A='${'x'.repeat(65_535 - 4)}'\nB='2'\n`, 'B', '2'],
  ['a line that is too long', `A='${'x'.repeat(65_536 - 4)}'\nB='2'\n`, 'B', /line 1 is too long/],
  ['such a line after the variable', `A='1'\n${'x'.repeat(70_000)}`, 'A', '1'],
  ['nothing', '', 'A', ''],
];
for (const [what, text, key, want] of cases) {
  test(`a file with ${what}`, () => {
    if (want instanceof RegExp) assert.throws(() => envFileValue(text, key), { message: want });
    else assert.equal(envFileValue(text, key), want);
  });
}
