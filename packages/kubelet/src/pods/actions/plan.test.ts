import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodAction } from './actions.ts';
import { plan } from './plan.ts';

const kill: PodAction = { do: 'kill-pod', reason: '' };
const sandbox: PodAction = { do: 'create-sandbox', attempt: 1 };
const start = (name: string): PodAction => ({
  do: 'start-container',
  name,
  kind: 'regular',
  restartCount: 0,
});
const wait: PodAction = { do: 'back-off', name: 'w', kind: 'regular', wait: { until: 0, delayMs: 0 } };
const prepare = (...containers: string[]): PodAction => ({ do: 'prepare-pod', containers });

test('nothing is prepared for steps that only end something', () => {
  assert.deepEqual(plan([]), []);
  assert.deepEqual(plan([kill]), [kill]);
});

test('waits come first, then one preparation for all that is made', () => {
  assert.deepEqual(plan([kill, sandbox, start('a'), wait, start('b')]), [
    wait,
    prepare('a', 'b'),
    kill,
    sandbox,
    start('a'),
    start('b'),
  ]);
  assert.deepEqual(plan([sandbox]), [prepare(), sandbox]);
});
