import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodAction } from './actions.ts';
import { type NextLook, nextLook } from './next-look.ts';

const kill: PodAction = { do: 'kill-pod', reason: '' };
const sandbox: PodAction = { do: 'create-sandbox', attempt: 0 };
const start = (name: string): PodAction => ({
  do: 'start-container',
  name,
  kind: 'regular',
  restartCount: 0,
});
const backOff = (name: string): PodAction => ({
  do: 'back-off',
  name,
  kind: 'regular',
  wait: { until: 0, delayMs: 0 },
});

const cases: [title: string, done: PodAction[], left: PodAction[], waiting: string[], look: NextLook][] = [
  ['all is as it shall be', [sandbox, start('a')], [], [], 'on news'],
  ['it has ended already', [start('a')], [start('a')], [], 'at once'],
  ['it has crashed already', [start('a')], [backOff('a')], [], 'at once'],
  ['it waits, and says so', [backOff('a')], [backOff('a')], ['a'], 'on news'],
  ['it could not be started', [start('a')], [start('a')], ['a'], 'on news'],
  ['one waits, another has ended', [start('a'), start('b')], [start('a'), start('b')], ['a'], 'at once'],
  ['killed, to be made anew', [kill], [sandbox, start('a')], [], 'at once'],
  ['ended, its sandbox is left', [start('a')], [kill], [], 'at once'],
  [
    'the new sandbox is no good',
    [kill, sandbox, start('a')],
    [kill, sandbox, start('a')],
    [],
    'after a pause',
  ],
];
for (const [title, done, left, waiting, look] of cases) {
  test(`${title}: looked at ${look}`, () => {
    assert.equal(nextLook(done, left, new Map(waiting.map((name) => [name, '']))), look);
  });
}
