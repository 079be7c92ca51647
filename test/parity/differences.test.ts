import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caseName } from './case.ts';
import { differences } from './differences.ts';
import { halves } from './halves.ts';

const names = halves.flatMap(({ cases }) => cases.map(caseName));

test('no two cases have the same name', () => {
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test('every listed difference is about a case, has a reason, and is listed once', () => {
  for (const { case: name, reason } of differences) {
    assert(names.includes(name), `differences.ts lists ${name}, which is no case`);
    assert.match(reason, /^[A-Z].{20,}\.$/, name);
  }
  assert.equal(new Set(differences.map((each) => each.case)).size, differences.length);
});
