import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { goYaml, type Json } from './print.ts';

test('lists are flush with their key, keys are sorted', () => {
  const value = { b: [{ y: 1, x: [] }, 'z', [1, [2]]], a: { c: {}, b: null }, a10: true, a9: 1.5 };
  assert.equal(
    goYaml(value),
    `a:
  b: null
  c: {}
a9: 1.5
a10: true
b:
- x: []
  "y": 1
- z
- - 1
  - - 2
`,
  );
  assert.deepEqual(parse(goYaml(value)), value);
});

test('strings are quoted only where they need it', () => {
  const cases: [string, string][] = [
    ['', '""'],
    ['plain text', 'plain text'],
    ['true', '"true"'],
    ['null', '"null"'],
    ['123', '"123"'],
    ['1700000000000000000', '"1700000000000000000"'],
    ['1.5', '"1.5"'],
    ['0.1.0', '0.1.0'],
    ['2026-11-23T20:33:00.5Z', '"2026-11-23T20:33:00.5Z"'],
    ['sha256:ab', 'sha256:ab'],
    ['a: b', "'a: b'"],
    ["it's: x", "'it''s: x'"],
    ["it's", "it's"],
    ['- x', "'- x'"],
    ['-x', '-x'],
    ['{"a":1}', `'{"a":1}'`],
    ['/bin/sh', '/bin/sh'],
    ['tab\there', '"tab\\there"'],
    ['y', '"y"'],
    ['x #y', "'x #y'"],
    ['one\ntwo\n', '|\n  one\n  two'],
    ['one\ntwo', '|-\n  one\n  two'],
  ];
  for (const [value, expected] of cases) {
    assert.equal(goYaml({ k: value }), `k: ${expected}\n`);
    assert.deepEqual(parse(goYaml({ k: value })), { k: value });
  }
});

test('what is printed can be read again', () => {
  const values: Json[] = [
    [],
    {},
    'x',
    { a: { b: ['one\n\n  two\n\n', ' lead', 'a '.repeat(100).trim()] } },
    [['\u0001', 'é: ']],
  ];
  for (const value of values) assert.deepEqual(parse(goYaml(value)), value);
});
