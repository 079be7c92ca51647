import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTable, parseToml } from './toml.ts';

test('all of TOML is read', () => {
  const document = parseToml(`\ufeff
server = "https://registry-1.docker.io" # upstream
x-when = 2020-01-01T00:00:00Z
x-many = """
two
lines"""
x-float = 1.5
x-hex = 0xff
dotted.key = 'a\\b'
[host."http://127.0.0.1:5000"]
  capabilities = [
    "pull", # comment
    'resolve',
  ]
  skip_verify = true
  [host."http://127.0.0.1:5000".header]
    x-a = ["1", "2"]
[host.'https://b.c']
  client = [["a.cert", "a.key"], []]
  header = { "X-B" = "tab\\there \\u00e9", n = -3 }
  override_path=false
[[x-list]]
a = 1\r
`);
  assert(isTable(document.host));
  assert.deepEqual(Object.keys(document.host), ['http://127.0.0.1:5000', 'https://b.c']);
  assert.deepEqual(JSON.parse(JSON.stringify(document.host)), {
    'http://127.0.0.1:5000': {
      capabilities: ['pull', 'resolve'],
      skip_verify: true,
      header: { 'x-a': ['1', '2'] },
    },
    'https://b.c': {
      client: [['a.cert', 'a.key'], []],
      header: { 'X-B': 'tab\there é', n: -3 },
      override_path: false,
    },
  });
  assert.equal(document['x-many'], 'two\nlines');
  assert.equal(isTable(document['x-when']), false);
});

test('what is no TOML is refused with its line', () => {
  const cases: [text: string, line: number][] = [
    ['a', 1],
    ['\n\na = ', 3],
    ['a = "x', 1],
    ['a = 1\na = 2', 2],
    ['[a]\n[a]', 2],
    ['a = 1 b = 2', 1],
    ['= 1', 1],
  ];
  for (const [text, line] of cases) {
    assert.throws(
      () => parseToml(text),
      { name: 'TomlError', message: new RegExp(`^line ${line}: [^\n]+$`) },
      text,
    );
  }
});
