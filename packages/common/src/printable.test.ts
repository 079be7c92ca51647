import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, quoted } from './printable.ts';

test('control characters and bidirectional overrides from outside are escaped', () => {
  const cases: [text: string, shown: string][] = [
    ['plain text, ünïcödé 漢字 🚢', 'plain text, ünïcödé 漢字 🚢'],
    ['\x1b[2J', '\\u001b[2J'],
    ['a\nb\tc\rd\0', 'a\\nb\\tc\\rd\\u0000'],
    ['\x7f\x9b31m', '\\u007f\\u009b31m'],
    ['\u202egpj.exe\u2066\u200f', '\\u202egpj.exe\\u2066\\u200f'],
    ['\u2028\u00a0\ufeff', '\\u2028\\u00a0\\ufeff'],
    ['\udc80', '\\udc80'],
    ['\u{e0041}', '\\udb40\\udc41'],
  ];
  for (const [text, shown] of cases) {
    assert.equal(printable(text), shown);
    assert.equal(JSON.parse(quoted(text)), text);
    assert.doesNotMatch(quoted(text), /[\p{Cc}\p{Cf}]/u);
  }
});

test('a text from outside is cut', () => {
  assert.equal(printable('x'.repeat(10), 4), 'xxxx… (6 more characters)');
  assert.ok(quoted('\x9b'.repeat(4_000_000)).length < 2000);
  assert.ok(printable('\x9b'.repeat(4_000_000)).length < 30_000);
});
