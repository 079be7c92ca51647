import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackgroundEnds } from './background-ends.ts';

test('an end is repeated after a failure, and once more when it is asked for meanwhile', async () => {
  const ends = new BackgroundEnds(new AbortController().signal);
  const told: unknown[] = [];
  let attempts = 0;
  const end = async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('busy');
    // It is under way: this returns at once.
    if (attempts === 2) await ends.run('f', () => assert.fail('the first one goes on'), assert.ifError);
  };
  await ends.run('f', end, (error, waitMs) => told.push([String(error), waitMs]));
  assert.deepEqual([attempts, told], [3, [['Error: busy', 500]]]);
});

test('nothing is tried again after the stop', async () => {
  const stopped = new AbortController();
  let failures = 0;
  const fail = () => Promise.reject(new Error('busy'));
  await new BackgroundEnds(stopped.signal).run('f', fail, () => {
    failures += 1;
    stopped.abort();
  });
  assert.equal(failures, 1);
});
