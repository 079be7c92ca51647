import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasDuplicateMembers, isSameMember } from './ambiguous.ts';

test('two members of one name are found wherever they are', () => {
  const cases: [text: string, isDuplicate: boolean][] = [
    ['{"a":1,"a":2}', true],
    ['{"a":{"b":[{"c":1, "c" : 2}]}}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['{"a\\"":":","b":"\\\\"}', false],
    ['{"a":{"a":{"a":"a:"}},"b":["a","a",{"a":1},{"a":1}]}', false],
    ['{"__proto__":1,"b":"\\"a\\":"}', false],
    ['["a:", ":"]', false],
    ['"a"', false],
    ['1', false],
  ];
  for (const [text, isDuplicate] of cases)
    assert.equal(hasDuplicateMembers(text, JSON.parse(text)), isDuplicate, text);
});

test('large and deep documents are looked through in a moment', () => {
  const texts = [
    JSON.stringify({ a: '\\"'.repeat(1_000_000) }),
    `${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}`,
    `[${'{"a":""},'.repeat(400_000)}1]`,
  ];
  for (const text of texts) assert.equal(hasDuplicateMembers(text, JSON.parse(text)), false);
});

test('names are the same as to Go', () => {
  const same = [
    ['layers', 'Layers'],
    ['manifests', 'manife\u017fts'],
    ['mediaType', 'MEDIATYPE'],
    ['OK', 'o\u212a'],
  ];
  for (const [one = '', other = ''] of same) assert.ok(isSameMember(one, other), other);
  assert.ok(!isSameMember('layers', 'layer'));
});
