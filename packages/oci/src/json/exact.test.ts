import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExactNumber, parseExactJson } from './exact.ts';

test('integers of 64 bits are written as they were read', () => {
  const text = '{"a":[18446744073709551615,-9223372036854775808,9007199254740993,7,0.5],"b":"1"}';
  const value = parseExactJson(text);
  assert.equal(JSON.stringify(value), text);
  const [large, , , small] = (value as { a: unknown[] }).a;
  assert.ok(isExactNumber(large));
  assert.equal(small, 7);
  assert.equal(isExactNumber({ rawJSON: '1' }), false);
});
