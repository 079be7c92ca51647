import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorten, wrap, wrapText } from './layout.ts';

for (const [text, width, expected] of [
  ['short', 5, 'short'],
  ['longer', 5, 'long…'],
  ['漢字漢字', 5, '漢字…'],
  ['漢字漢字', 4, '漢…'],
  ['a', 0, ''],
] as const) {
  test(`${text} in ${width} cells`, () => assert.equal(shorten(text, width), expected));
}

for (const [what, line, width, indent, expected] of [
  ['fits', 'one two', 7, 2, 'one two'],
  ['between words', 'one two three', 8, 2, 'one two\n  three'],
  [
    'several rows',
    'FAIL pod a cannot start at all',
    14,
    5,
    'FAIL pod a\n     cannot\n     start at\n     all',
  ],
  ['a word that is too wide', 'a 0123456789 b', 6, 1, 'a\n 01234\n 56789\n b'],
  ['wide characters', '漢字 漢字', 6, 0, '漢字\n漢字'],
  ['a terminal of one cell', '漢a', 1, 0, '\na'],
  ['its own indentation', '  one two', 6, 2, '  one\n  two'],
] as const) {
  test(`wrapped: ${what}`, () => assert.equal(wrap(line, width, indent), expected));
}

test('a text is wrapped line by line; in a pipe not at all', () => {
  const text = 'pod a: it ended with exit code 3\n  the very end of its log';
  assert.equal(wrapText(text, 20), 'pod a: it ended with\nexit code 3\n  the very end of\n  its log');
  assert.equal(wrapText(text, undefined), text);
});
