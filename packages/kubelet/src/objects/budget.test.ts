import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObjectBudget } from './budget.ts';
import type { NodeObject } from './types.ts';

function object(bytes: number): NodeObject {
  const data = new Map([['k', Buffer.alloc(bytes)]]);
  return {
    kind: 'ConfigMap',
    object: { namespace: 'n', name: 'c', resourceVersion: '1', immutable: false, data },
  };
}

test('at most 5,000 objects', () => {
  const budget = new ObjectBudget();
  for (let index = 0; index < 5000; index++) assert.equal(budget.spend(object(0)), undefined);
  assert.match(budget.spend(object(0)) ?? '', /^too many objects/);
});

test('at most 64 MiB, and what is too large leaves room for the rest', () => {
  const budget = new ObjectBudget();
  for (let index = 0; index < 63; index++) assert.equal(budget.spend(object(1024 * 1024)), undefined);
  assert.match(budget.spend(object(1024 * 1024)) ?? '', /^too large/);
  assert.equal(budget.spend(object(1000)), undefined);
});
