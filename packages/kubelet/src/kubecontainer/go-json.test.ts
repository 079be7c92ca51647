import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goJson } from './go-json.ts';

// The expected values were printed by Go's encoding/json.
const cases: [value: unknown, fields: string[] | undefined, json: string][] = [
  [
    { command: ['a <b >&2', 'c\u2028d'] },
    undefined,
    '{"command":["a \\u003cb \\u003e\\u00262","c\\u2028d"]}',
  ],
  [[{ b: 1, a: { b: 2, a: 3 } }], ['a', 'b'], '[{"a":{"a":3,"b":2},"b":1}]'],
  [{ b: 1, unknown: 2 }, ['a', 'b'], '{"b":1}'],
];
for (const [value, fields, json] of cases) {
  test(`JSON as of Go: ${json}`, () => assert.equal(goJson(value, fields), json));
}
