import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseToml, type TomlValue } from './toml.ts';

/** Tables as plain objects, for comparing. */
function plain(value: TomlValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

test('the TOML of hosts.toml is read', () => {
  const document = parseToml(`
server = "https://registry-1.docker.io" # upstream

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
  override_path=false`);
  assert.deepEqual(plain(document), {
    server: 'https://registry-1.docker.io',
    host: {
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
    },
  });
});

test('what is not in the subset is refused with its line', () => {
  const cases: [text: string, problem: RegExp][] = [
    ['a', /line 1: expected =/],
    ['\n\na = ', /line 3: a value is missing/],
    ['a = 1.5', /unsupported value 1\.5/],
    ['a = 2020-01-01', /unsupported value/],
    ['a = "x', /the string does not end/],
    ['a = """x"""', /multi-line strings/],
    ['a = "\\q"', /unknown escape/],
    ['a = 1\na = 2', /line 2: a is given twice/],
    ['[a]\n[a]', /table a is given twice/],
    ['a = 1\n[a]', /a is a value, not a table/],
    ['[[a]]', /arrays of tables/],
    ['a = 1 b = 2', /unexpected "b"/],
    ['a = [1', /expected ,/],
    ['= 1', /expected a key/],
  ];
  for (const [text, problem] of cases) assert.throws(() => parseToml(text), problem, text);
});
