import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runOf } from './leftovers.ts';

test('the run of a folder or cgroup', () => {
  assert.equal(runOf('berth-node-suite-12-Ab3xYz'), 'berth-node-suite-12');
  assert.equal(runOf('berth-node-suite-12'), 'berth-node-suite-12');
  assert.equal(runOf('berth-node-suite-x'), undefined);
});
