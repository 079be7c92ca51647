import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goQuoted } from './go-quote.ts';

const cases: [text: string, quoted: string][] = [
  ['', '""'],
  ['plain ~', '"plain ~"'],
  ['\x07\b\t\n\v\f\r"\\', '"\\a\\b\\t\\n\\v\\f\\r\\"\\\\"'],
  ['\0\x1f\x7f', '"\\x00\\x1f\\x7f"'],
  ['äß漢😀', '"äß漢😀"'],
  ['\u0080\u00a0\u200b\u2028\ufeff', '"\\u0080\\u00a0\\u200b\\u2028\\ufeff"'],
  ['\u{e0001}', '"\\U000e0001"'],
  ['\ud800', '"\ufffd"'],
];

for (const [text, quoted] of cases) {
  test(`as Go quotes it: ${quoted}`, () => assert.equal(goQuoted(text), quoted));
}
