import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caseName } from './case.ts';
import { differences } from './differences.ts';
import { halves } from './halves.ts';

const names = Object.values(halves).flatMap(({ cases }) => cases.map(caseName));

test('no two cases have the same name', () => {
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test('every listed difference is about cases, has a reason, and each case is listed once', () => {
  for (const { cases, reason } of differences) {
    assert.match(reason, /^[A-Z].{20,}\.$/);
    assert(cases.length > 0, reason);
    for (const name of cases) assert(names.includes(name), `differences.ts lists ${name}, which is no case`);
  }
  const listed = differences.flatMap(({ cases }) => cases);
  assert.deepEqual(
    listed.filter((name, index) => listed.indexOf(name) !== index),
    [],
  );
});
