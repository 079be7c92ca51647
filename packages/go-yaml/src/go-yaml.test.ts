// What is read, as sigs.k8s.io/yaml 1.6.0 reads it: every row was given to that as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml, readYaml, YamlError } from './document.ts';
import { goText } from './go-text.ts';

const scalars: [string, unknown][] = [
  ...['0640', '0o640', '0O640', '0x1a0', '0X1A0', '0b110100000', '+416', '4_1_6', '416.', '4.16e2'].map(
    (text): [string, unknown] => [text, 416],
  ),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map(
    (text): [string, unknown] => [text, true],
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map(
    (text): [string, unknown] => [text, false],
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((text): [string, unknown] => [text, null]),
  ...[
    '1:30',
    '190:20:30',
    '2001-01-01',
    '0o8',
    '0x',
    '_1',
    'tRue',
    'nULL',
    '1,000',
    '0x1p4',
    '1e',
    '400m',
  ].map((text): [string, unknown] => [text, text]),
  ['08', 8],
  ['007', 7],
  ['-0x10', -16],
  ['-0b11', -3],
  ['-0', 0],
  ['.5', 0.5],
  ['-.5', -0.5],
  ['1.5e-3', 0.0015],
  ['1e3', 1000],
  ['9007199254740993', 9007199254740993n],
  ['9223372036854775807', 9223372036854775807n],
  ['18446744073709551615', 18446744073709551615n],
  ['-9223372036854775808', -9223372036854775808n],
  ['18446744073709551616', 2 ** 64],
  ['"0640"', '0640'],
  ["'yes'", 'yes'],
  ['!!str 0640', '0640'],
  ['!!int "0640"', 416],
  ['!!float 5', 5],
  ['!!bool "on"', true],
  ['!!null ""', null],
  ['!!binary aGVsbG8=', 'hello'],
  ['!!timestamp 2001-01-01', '2001-01-01'],
  ['!mine 5', '5'],
];

test('scalars are those of YAML 1.1, but for sexagesimal numbers and dates', () => {
  for (const [text, value] of scalars) {
    assert.deepEqual(parseYaml(`a: ${text}\n`), { a: value }, text);
    assert.deepEqual(parseYaml(`- ${text}\n`), [value], text);
  }
});

const refused = [
  '.inf',
  '.nan',
  '!!int x',
  '!!int 1.5',
  '!!bool 5',
  '!!null x',
  '!!binary !',
  '!!timestamp 5',
];

test('a scalar that is not what its tag says, or has no JSON, is refused with its place', () => {
  for (const text of refused) {
    assert.throws(() => parseYaml(`b: 1\na: ${text}\n`), /^YamlError: line 2, column \d+: /, text);
  }
});

test('keys are texts, whatever they are written as, and the last of two counts', () => {
  assert.deepEqual(parseYaml('0x10: a\nyes: b\n1.5: c\n017: d\n'), { 16: 'a', true: 'b', 1.5: 'c', 15: 'd' });
  assert.deepEqual(parseYaml('a: 1\nb: 2\na: 3\n'), { a: 3, b: 2 });
  assert.deepEqual(Object.entries(Object(parseYaml('__proto__: 1\n'))), [['__proto__', 1]]);
  for (const text of ['~: a\n', '? [a]\n: b\n', '? {a: b}\n: c\n'])
    assert.throws(() => parseYaml(text), YamlError);
});

test('merge keys set what they bring where they stand, and the first of a list counts', () => {
  const anchors = 'a: &a {p: 1, q: 1}\nb: &b {q: 2, r: 2}\n';
  const cases: [string, unknown][] = [
    ['c: {<<: *a, p: 3}', { p: 3, q: 1 }],
    ['c: {p: 3, <<: *a}', { p: 1, q: 1 }],
    ['c: {<<: [*a, *b]}', { p: 1, q: 1, r: 2 }],
    ['c: {<<: {z: 1}}', { z: 1 }],
    ['c: {"<<": {z: 1}}', { '<<': { z: 1 } }],
  ];
  for (const [text, value] of cases) assert.deepEqual(Object(parseYaml(anchors + text)).c, value, text);
  for (const text of ['a: &a 5\nc: {<<: *a}', 'c: {<<: }', 'c: {<<: [5]}']) {
    assert.throws(() => parseYaml(text), /a merge \(<<\) requires a mapping/);
  }
});

test('an anchor can be used as often as wanted; what grows without bound is refused', () => {
  const often = Object(parseYaml(`a: &x {p: [1, 2]}\nb: [${'*x, '.repeat(5000)}]\n`));
  assert.equal(often.b.length, 5000);
  assert.deepEqual(often.b[4999], { p: [1, 2] });
  let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n';
  for (let level = 1; level < 8; level++) bomb += `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]\n`;
  assert.throws(() => parseYaml(bomb), /excessive aliasing/);
  assert.throws(() => parseYaml('&a [*a]\n'), /contains itself/);
  assert.throws(() => parseYaml('[*a]\n'), /unknown anchor "a"|Unresolved alias/);
  assert.deepEqual(parseYaml('- &a 1\n- &a 2\n- *a\n'), [1, 2, 2]);
  assert.throws(() => parseYaml('['.repeat(10_000)), YamlError);
});

test('UTF-16 with a byte order mark, and any line ends, are read', () => {
  const text = '\ufeffa: é\nb: 1\n';
  for (const bytes of [
    Buffer.from(text, 'utf16le'),
    Buffer.from(text, 'utf16le').swap16(),
    Buffer.from(text),
  ]) {
    assert.deepEqual(parseYaml(bytes), { a: 'é', b: 1 });
  }
  assert.deepEqual(parseYaml('a: 1\rb: 2\r\nc: 3'), { a: 1, b: 2, c: 3 });
});

test('lines within quotes and brackets may be indented as they like', () => {
  const cases: [string, unknown][] = [
    ['a: {b: 1,\nc: 2\n}\nd: 1\n', { a: { b: 1, c: 2 }, d: 1 }],
    ['a:\n  b: [\n1, # one\n2\n]\nc: 1\n', { a: { b: [1, 2] }, c: 1 }],
    ['a:\n  b: "x\n y\nz"\n', { a: { b: 'x y z' } }],
    ["a:\n  b: 'it''s\n\nso'\nc: it's [not\n", { a: { b: "it's\nso" }, c: "it's [not" }],
    ['a:\n  t: |\n    "x\n   # no\n  b: [1,\n2]\n', { a: { t: '"x\n', b: [1, 2] } }],
    ['- |2\n    [x\n- "y\nz"\n', ['  [x\n', 'y z']],
    ['a: {"b": "c\nd", e: f}\n', { a: { b: 'c d', e: 'f' } }],
  ];
  for (const [text, value] of cases) assert.deepEqual(parseYaml(text), value, text);
  assert.throws(() => parseYaml('a: [1,\n2\nb: 1\n'), YamlError);
  assert.throws(() => parseYaml('a: "x\nb: 1\n'), YamlError);
});

test('a document is read on its own, whatever follows it', () => {
  assert.deepEqual(parseYaml('a: 1\n---\nb: [\n'), { a: 1 });
  assert.deepEqual(parseYaml(''), null);
  const [first, second, third] = readYaml('a: 1\n---\nb: [\n---\nc: 3\n');
  assert.ok(first && !(first instanceof YamlError));
  assert.deepEqual(first.value, { a: 1 });
  assert.ok(second instanceof YamlError);
  assert.match(second.message, /^line \d+, column \d+: /);
  assert.equal(third, undefined);
});

test('what is not read, or read twice, is told with its place', () => {
  const warnings = (text: string): readonly string[] => {
    const [document] = readYaml(text);
    return document === undefined || document instanceof YamlError ? [] : document.warnings;
  };
  assert.deepEqual(warnings('a: 1\nb: {c: 1, c: 2}\na: 3\n'), [
    'line 2, column 11: key "c" is already set',
    'line 3, column 1: key "a" is already set',
  ]);
  assert.deepEqual(warnings('a: &x {c: 1}\nb: {<<: *x, c: 2}\n'), []);
  assert.match(warnings(' a: 1\nb: 2\n')[0] ?? '', /^line 2, column 1: Unexpected scalar/);
});

test('a value is found by its path, or the nearest that there is', () => {
  const [document] = readYaml('a:\n  b:\n  - x: 1\n  - {w: 2}\nc: &c {d: 1}\ne: *c\n');
  assert.ok(document && !(document instanceof YamlError));
  const cases: [(string | number)[], number, number][] = [
    [['a', 'b', 0, 'x'], 3, 5],
    [['a', 'b', 1, 'w'], 4, 6],
    [['a', 'b', 1, 'z'], 4, 5],
    [['a', 'q'], 1, 1],
    [['e', 'd'], 5, 8],
    [[], 1, 1],
  ];
  for (const [path, line, column] of cases)
    assert.deepEqual(document.locate(path), { line, column }, String(path));
});

test('JSON is read without rounding', () => {
  assert.deepEqual(parseYaml('{"a": 9007199254740993, "b": "\\ud83d\\ude00\\/"}'), {
    a: 9007199254740993n,
    b: '😀/',
  });
  assert.deepEqual(parseYaml(' {"a": 1, "a": 2}'), { a: 2 });
});

test('a number or boolean as a text is what Go prints', () => {
  const cases: [null | boolean | number | bigint | string, string][] = [
    [416, '416'],
    [true, 'true'],
    [9007199254740993n, '9007199254740993'],
    [0.1, '0.1'],
    [1.5, '1.5'],
    [0.30000000000000004, '0.3'],
    ['x', 'x'],
  ];
  for (const [value, text] of cases) assert.equal(goText(value), text);
});
